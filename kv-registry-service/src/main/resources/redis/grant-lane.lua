-- Grants a lane. KEYS: epoch counter. ARGV: worker, ttl in ms, lanes, epoch floor, previous lane (-1: none), previous epoch.
-- Returns {lane, epoch}, or {-1, 0} when every lane is taken.
-- baton:lane:N holds "epoch worker" while the lease lives; baton:lane-epoch:N the newest epoch ever granted on lane N.
local worker, ttl, lanes = ARGV[1], ARGV[2], tonumber(ARGV[3])
local floor, prevLane, prevEpoch = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local function take(lane, epoch)
  local number = string.format('%.0f', epoch)
  redis.call('SET', 'baton:lane:' .. lane, number .. ' ' .. worker, 'PX', ttl)
  redis.call('SET', 'baton:lane-epoch:' .. lane, number)
  redis.call('SET', 'baton:lane-of:' .. worker, lane, 'PX', ttl)
  return {lane, number}
end

if prevLane >= 0 then
  local holder = redis.call('GET', 'baton:lane:' .. prevLane)
  local newest = tonumber(redis.call('GET', 'baton:lane-epoch:' .. prevLane) or '0')
  local mine = string.format('%.0f', prevEpoch) .. ' ' .. worker
  if holder == mine or (not holder and newest <= prevEpoch) then
    local counter = tonumber(redis.call('GET', KEYS[1]) or '0')
    if counter < prevEpoch then redis.call('SET', KEYS[1], string.format('%.0f', prevEpoch)) end
    return take(prevLane, prevEpoch)
  end
end

-- A worker of the same name that comes without its lane has restarted: what it held before is free.
local old = redis.call('GET', 'baton:lane-of:' .. worker)
if old then
  local holder = redis.call('GET', 'baton:lane:' .. old)
  if holder and string.sub(holder, -#worker - 1) == ' ' .. worker then redis.call('DEL', 'baton:lane:' .. old) end
end

local epoch = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, floor)
for lane = 0, lanes - 1 do
  if redis.call('EXISTS', 'baton:lane:' .. lane) == 0 then
    redis.call('SET', KEYS[1], string.format('%.0f', epoch))
    return take(lane, epoch)
  end
end
return {-1, '0'}
