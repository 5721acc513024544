-- One step of a pass over all blocks that clears the bits of dirty slots; after the pass these are free. ARGV: keys of a step.
-- Returns 1 where more is to do. What a pass has come to is kept here, so any number of callers push the same pass on.
-- baton:sweep  hash: cursor, and run, the Redis process that it belongs to (another one iterates in another order)
local slots = redis.call('HGETALL', 'baton:slots')
local sweeping, dirty = {}, {}
for i = 1, #slots, 2 do
  if slots[i + 1] == 'sweeping' then sweeping[#sweeping + 1] = slots[i] end
  if slots[i + 1] == 'dirty' then dirty[#dirty + 1] = slots[i] end
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local known = redis.call('HMGET', 'baton:sweep', 'cursor', 'run')
local cursor = known[2] == run and known[1] or '0'
if #sweeping == 0 then
  if #dirty == 0 then return 0 end
  sweeping, dirty, cursor = dirty, {}, '0'
  for _, slot in ipairs(sweeping) do redis.call('HSET', 'baton:slots', slot, 'sweeping') end
end

-- Redis numbers bits from the most significant bit of the first byte.
local masks = {}
for _, slot in ipairs(sweeping) do
  local byte = math.floor(tonumber(slot) / 8) + 1
  masks[byte] = bit.bor(masks[byte] or 0, bit.rshift(128, tonumber(slot) % 8))
end

local page = redis.call('SCAN', cursor, 'COUNT', ARGV[1])
for _, key in ipairs(page[2]) do
  if #key == 17 and string.byte(key) == 35 then
    local value = redis.call('GET', key)
    local left, hit = false, false
    for i = 1, #value do
      local byte = string.byte(value, i)
      local kept = bit.band(byte, bit.bnot(masks[i] or 0))
      if kept ~= byte then hit = true end
      if kept ~= 0 then left = true end
    end
    if hit and left then
      local bytes = {string.byte(value, 1, -1)}
      for i = 1, #bytes do bytes[i] = bit.band(bytes[i], bit.bnot(masks[i] or 0)) end
      redis.call('SET', key, string.char(unpack(bytes)))
    elseif hit then
      redis.call('DEL', key)
    end
  end
end
if page[1] == '0' then
  redis.call('HDEL', 'baton:slots', unpack(sweeping))
  redis.call('DEL', 'baton:sweep')
  return #dirty > 0 and 1 or 0
end
redis.call('HSET', 'baton:sweep', 'cursor', page[1], 'run', run)
return 1
