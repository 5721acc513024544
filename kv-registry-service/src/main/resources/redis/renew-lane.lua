-- Renews a lease. ARGV: lane, epoch, worker, ttl in ms. Returns RENEWED, UNKNOWN or FENCED.
local key = 'baton:lane:' .. ARGV[1]
local holder = redis.call('GET', key)
if holder == ARGV[2] .. ' ' .. ARGV[3] then
  redis.call('PEXPIRE', key, ARGV[4])
  redis.call('SET', 'baton:lane-of:' .. ARGV[3], ARGV[1], 'PX', ARGV[4])
  return 'RENEWED'
end
if holder then return 'FENCED' end
local newest = redis.call('GET', 'baton:lane-epoch:' .. ARGV[1])
if newest and tonumber(newest) > tonumber(ARGV[2]) then return 'FENCED' end
return 'UNKNOWN'
