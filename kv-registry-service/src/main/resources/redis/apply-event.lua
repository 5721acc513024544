-- Applies one event, or a part of a long one, as one step.
-- ARGV: lane, epoch, sequence, kind (stored, dropped, snapshot), first and last (1 or 0: whether this is the first and the
-- last part of the event that the caller sends), part and parts of a snapshot, most blocks of a lane, hashes...
-- Returns {outcome, blocks refused, gap}: outcome is applied, duplicate, stale (another epoch has the lane), unleased, or
-- clear (call clear-lane.lua until it is done, then come again).
--
-- baton:residency:N  hash: epoch and sequence that the lane's bits have come to, complete (1 while no event is missing),
--                    part (next part of a snapshot under way, -1 otherwise), clearing (1 while old bits may be left)
-- baton:held:N       set of the blocks whose bit N is set
-- baton:block:H      bitmap of lanes
-- baton:believed     hash lane -> epoch: whose bits may be answered
local lane, epoch, sequence, kind = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local first, last = ARGV[5] == '1', ARGV[6] == '1'
local part, parts, limit = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local state, held = 'baton:residency:' .. lane, 'baton:held:' .. lane

local lease = redis.call('GET', 'baton:lane:' .. lane)
if not lease then return {'unleased', 0, 0} end
if string.match(lease, '^(%d+) ') ~= epoch then return {'stale', 0, 0} end

local known = redis.call('HMGET', state, 'epoch', 'sequence', 'complete', 'part', 'clearing')
if known[1] ~= epoch then
  redis.call('HSET', state, 'epoch', epoch, 'sequence', '0', 'complete', '1', 'part', '-1', 'clearing', '1')
  redis.call('HDEL', 'baton:believed', lane)
  return {'clear', 0, 0}
end
local reached, complete, expected = tonumber(known[2]), known[3] == '1', tonumber(known[4])
local whole = kind == 'snapshot' and part == 0
-- To an incomplete lane any snapshot is welcome; an old one that is repeated is followed by what came after it.
if sequence <= reached and (complete or not whole) then return {'duplicate', 0, 0} end
if known[5] == '1' then return {'clear', 0, 0} end
if whole and first and redis.call('EXISTS', held) == 1 then
  redis.call('HSET', state, 'complete', '0', 'part', '-1', 'clearing', '1')
  redis.call('HDEL', 'baton:believed', lane)
  return {'clear', 0, 0}
end

local refused = 0
if kind == 'dropped' then
  for i = 10, #ARGV do
    redis.call('SREM', held, ARGV[i])
    local block = 'baton:block:' .. ARGV[i]
    -- SETBIT of a missing key would create it.
    if redis.call('GETBIT', block, lane) == 1 then
      redis.call('SETBIT', block, lane, 0)
      if redis.call('BITCOUNT', block) == 0 then redis.call('DEL', block) end
    end
  end
else
  local size = redis.call('SCARD', held)
  for i = 10, #ARGV do
    if redis.call('SISMEMBER', held, ARGV[i]) == 1 or size < limit then
      size = size + redis.call('SADD', held, ARGV[i])
      redis.call('SETBIT', 'baton:block:' .. ARGV[i], lane, 1)
    else
      refused = refused + 1
    end
  end
end
if not last then return {'applied', refused, 0} end

local gap = not whole and sequence ~= reached + 1
if kind == 'snapshot' then
  if whole or (part == expected and not gap) then
    complete = part == parts - 1
    expected = complete and -1 or part + 1
  else
    complete, expected = false, -1
  end
elseif gap then
  complete, expected = false, -1
end
redis.call('HSET', state, 'sequence', ARGV[3], 'complete', complete and '1' or '0', 'part', tostring(expected))
redis.call('HSET', 'baton:believed', lane, epoch)
return {'applied', refused, gap and 1 or 0}
