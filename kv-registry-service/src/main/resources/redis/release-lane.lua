-- Gives a lane back. ARGV: worker, epoch. Returns the lane, or -1 where the lease is not the caller's any more.
local lane = redis.call('GET', 'baton:lane-of:' .. ARGV[1])
if lane and redis.call('GET', 'baton:lane:' .. lane) == ARGV[2] .. ' ' .. ARGV[1] then
  redis.call('DEL', 'baton:lane:' .. lane, 'baton:lane-of:' .. ARGV[1], 'baton:worker:' .. lane)
  return tonumber(lane)
end
return -1
