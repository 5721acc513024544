-- Whether a worker should be asked for a snapshot; if so, it counts as asked.
-- ARGV: lane, epoch, last sequence that the worker published, longest standstill in ms, shortest time between two requests in ms,
-- time in ms after which what is known should be confirmed.
-- Due at once where an event is known to be missing, or where nothing was confirmed for long. Where the index is merely behind, only
-- after it has stood still, so that events that are still on their way are not asked for twice; and so where it is ahead, which
-- lasts only if the worker has begun its numbers anew.
local lane, epoch, published = ARGV[1], ARGV[2], tonumber(ARGV[3])
local behind = 'baton:behind:' .. lane
local known = redis.call('HMGET', 'baton:residency:' .. lane, 'epoch', 'sequence', 'complete', 'part', 'confirmed')
local mine = known[1] == epoch
local complete = mine and known[3] == '1'
local reached = mine and known[2] or '0'
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Lanes take turns over the interval.
local unconfirmed = complete and known[4] == '-1' and now - tonumber(known[5]) >= tonumber(ARGV[6]) * (1 + tonumber(lane) / 64)
if tonumber(reached) == published and (complete or not mine) then
  redis.call('DEL', behind)
  if not unconfirmed then return 0 end
elseif not unconfirmed and (not mine or complete or known[4] ~= '-1') then
  local mark = epoch .. ':' .. reached
  local seen = redis.call('HMGET', behind, 'mark', 'since')
  if seen[1] ~= mark then
    redis.call('HSET', behind, 'mark', mark, 'since', string.format('%.0f', now))
    redis.call('PEXPIRE', behind, 3600000)
    return 0
  end
  if now - tonumber(seen[2]) < tonumber(ARGV[4]) then return 0 end
  -- An incomplete lane takes a snapshot of any number.
  if mine then redis.call('HSET', 'baton:residency:' .. lane, 'complete', '0', 'part', '-1') end
end
if redis.call('SET', 'baton:snapshot-asked:' .. lane .. ':' .. epoch, '1', 'NX', 'PX', ARGV[5]) then return 1 end
return 0
