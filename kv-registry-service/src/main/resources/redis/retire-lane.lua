-- Leaves a lane's bits to the sweep where nobody has the lane, or where nobody has confirmed them for too long. ARGV: lane.
-- Returns 1 where it did.
local lane = ARGV[1]
local state = 'baton:residency:' .. lane
if redis.call('EXISTS', 'baton:lane:' .. lane) == 1 then
  local slot = redis.call('HGET', state, 'slot')
  if not slot or slot == '' or redis.call('EXISTS', 'baton:believed:' .. lane) == 1 then return 0 end
  redis.call('HSET', 'baton:slots', slot, 'dirty')
  redis.call('HSET', state, 'slot', '', 'blocks', '0', 'complete', '0')
  return 1
end
redis.call('DEL', state, 'baton:believed:' .. lane)
local slots = redis.call('HGETALL', 'baton:slots')
for i = 1, #slots, 2 do
  if slots[i + 1] == lane then redis.call('HSET', 'baton:slots', slots[i], 'dirty') end
end
return 1
