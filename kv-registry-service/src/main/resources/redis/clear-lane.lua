-- Takes a lane's bits away, some at a time. ARGV: lane, epoch (0: of a lane without a lease), how many at most.
-- Returns 1 while more may be left, 0 when done or when the lane has moved on.
local lane, epoch = ARGV[1], ARGV[2]
local state, held = 'baton:residency:' .. lane, 'baton:held:' .. lane
if epoch == '0' then
  if redis.call('EXISTS', 'baton:lane:' .. lane) == 1 then return 0 end
  -- First of all, so that a worker that comes back meanwhile is known to be incomplete.
  redis.call('DEL', state)
  redis.call('HDEL', 'baton:believed', lane)
else
  local known = redis.call('HMGET', state, 'epoch', 'clearing')
  if known[1] ~= epoch or known[2] ~= '1' then return 0 end
end
for _, hash in ipairs(redis.call('SPOP', held, ARGV[3])) do
  local block = 'baton:block:' .. hash
  if redis.call('GETBIT', block, lane) == 1 then
    redis.call('SETBIT', block, lane, 0)
    if redis.call('BITCOUNT', block) == 0 then redis.call('DEL', block) end
  end
end
if redis.call('EXISTS', held) == 1 then return 1 end
if epoch ~= '0' then redis.call('HDEL', state, 'clearing') end
return 0
