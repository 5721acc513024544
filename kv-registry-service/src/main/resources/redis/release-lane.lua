-- Gives a lane back. ARGV: lane, epoch, worker. Does nothing where the lease is not the caller's any more.
local key = 'baton:lane:' .. ARGV[1]
if redis.call('GET', key) == ARGV[2] .. ' ' .. ARGV[3] then
  redis.call('DEL', key, 'baton:lane-of:' .. ARGV[3], 'baton:worker:' .. ARGV[1])
  return 1
end
return 0
