-- Grants a lane. KEYS: epoch counter. ARGV: worker, ttl in ms, lanes, the caller's clock in ms, previous lane (-1: none),
-- previous epoch.
-- Returns {lane, epoch}, or {-1, 0} when every lane is taken.
-- baton:lane:N holds "epoch worker" while the lease lives; baton:lane-epoch:N the newest epoch ever granted on lane N.
local worker, ttl, lanes = ARGV[1], ARGV[2], tonumber(ARGV[3])
local prevLane, prevEpoch = tonumber(ARGV[5]), tonumber(ARGV[6])
local HOUR = 3600000

-- The later of two clocks, so that neither a registry nor a new Redis with a slow one repeats an epoch after a loss.
local time = redis.call('TIME')
local now = math.max(tonumber(ARGV[4]), tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local counter = tonumber(redis.call('GET', KEYS[1]) or '0')

local function take(lane, epoch)
  local number = string.format('%.0f', epoch)
  redis.call('SET', 'baton:lane:' .. lane, number .. ' ' .. worker, 'PX', ttl)
  redis.call('SET', 'baton:lane-epoch:' .. lane, number)
  redis.call('SET', 'baton:lane-of:' .. worker, lane, 'PX', ttl)
  if epoch > counter then redis.call('SET', KEYS[1], number) end
  -- Whatever is known of the lane's blocks is to be told anew, also by a worker that takes up its epoch again.
  redis.call('DEL', 'baton:believed:' .. lane)
  if redis.call('EXISTS', 'baton:residency:' .. lane) == 1 then redis.call('HSET', 'baton:residency:' .. lane, 'epoch', '0') end
  return {lane, number}
end

-- An epoch from the future was never granted here and would use up the numbers.
if prevLane >= 0 and prevLane < lanes and prevEpoch <= math.max(counter, now) + HOUR then
  local holder = redis.call('GET', 'baton:lane:' .. prevLane)
  local newest = tonumber(redis.call('GET', 'baton:lane-epoch:' .. prevLane) or '0')
  local mine = string.format('%.0f', prevEpoch) .. ' ' .. worker
  if holder == mine or (not holder and newest <= prevEpoch) then return take(prevLane, prevEpoch) end
end

-- A worker of the same name that comes without its lane has restarted: what it held before is free.
local old = redis.call('GET', 'baton:lane-of:' .. worker)
if old then
  local holder = redis.call('GET', 'baton:lane:' .. old)
  if holder and string.match(holder, '^%d+ (.*)$') == worker then redis.call('DEL', 'baton:lane:' .. old) end
end

for lane = 0, lanes - 1 do
  if redis.call('EXISTS', 'baton:lane:' .. lane) == 0 then return take(lane, math.max(counter + 1, now)) end
end
return {-1, '0'}
