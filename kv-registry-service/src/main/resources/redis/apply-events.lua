-- Applies events, or parts of long ones, as one step and in the order given.
-- ARGV: most blocks of a lane, most blocks of all, life in ms of what no snapshot confirms; then two for each event: a head
-- "lane epoch sequence kind from last part parts" (kind: stored, dropped, snapshot; from: blocks of the event that were sent before;
-- last: 1 where these are its last ones; part and parts of a snapshot) and its hashes, 16 bytes each.
-- Returns for each event its outcome (applied, duplicate, stale, unleased), the blocks refused, and 1 where an event is missing.
--
-- #H (H: 16 bytes)   bitmap of slots, one for each block. A slot is one telling of what a lane's worker holds.
-- baton:slots        hash slot -> lane, or "dirty" where old bits may be left, or "sweeping"
-- baton:residency:N  hash: epoch and sequence that lane N has come to; complete, 1 while no event is missing; slot and blocks (how
--                    many bits it has); the same, next and next-blocks, of a snapshot under way, and part and from, where it
--                    goes on (part -1: none is under way); confirmed, when the last snapshot ended, in ms
-- baton:believed:N   "epoch slot": the bits that may be answered for lane N while that epoch has the lease
local call, sub = redis.call, string.sub
local SLOTS = 128
local laneLimit, limit, life = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local time = call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local lanes = {}

local function read(lane)
  local known = call('HMGET', 'baton:residency:' .. lane, 'epoch', 'sequence', 'complete', 'slot', 'blocks', 'next',
    'next-blocks', 'part', 'from', 'confirmed')
  local lease = call('GET', 'baton:lane:' .. lane)
  return {
    lane = lane, lease = lease and string.match(lease, '^(%d+) '), epoch = known[1], sequence = tonumber(known[2]),
    complete = known[3] == '1', slot = known[4] or '', blocks = tonumber(known[5]), next = known[6] or '',
    nextBlocks = tonumber(known[7]), part = tonumber(known[8]), from = tonumber(known[9]), confirmed = known[10]
  }
end

local function write(s)
  call('HSET', 'baton:residency:' .. s.lane, 'epoch', s.epoch, 'sequence', string.format('%.0f', s.sequence),
    'complete', s.complete and '1' or '0', 'slot', s.slot, 'blocks', tostring(s.blocks), 'next', s.next,
    'next-blocks', tostring(s.nextBlocks), 'part', tostring(s.part), 'from', tostring(s.from),
    'confirmed', s.confirmed)
end

-- The lowest, so that bitmaps stay short.
local function take(lane)
  for slot = 0, SLOTS - 1 do
    if call('HSETNX', 'baton:slots', slot, lane) == 1 then return tostring(slot) end
  end
  return ''
end

local function retire(slot)
  if slot ~= '' then call('HSET', 'baton:slots', slot, 'dirty') end
end

local function believe(s)
  call('SET', 'baton:believed:' .. s.lane, s.epoch .. ' ' .. s.slot, 'PX', life)
end

local function begin(s, epoch)
  retire(s.slot)
  retire(s.next)
  call('DEL', 'baton:believed:' .. s.lane)
  s.epoch, s.sequence, s.complete, s.slot, s.blocks = epoch, 0, true, '', 0
  s.next, s.nextBlocks, s.part, s.from, s.confirmed = '', 0, -1, 0, now
end

local function abandonSnapshot(s)
  retire(s.next)
  s.next, s.nextBlocks, s.part, s.from, s.complete = '', 0, -1, 0, false
end

-- Sets the blocks' bits; returns how many the lane has then, and how many were refused.
local function store(hashes, slot, held)
  local count, refused = #hashes / 16, 0
  local tight = held + count > laneLimit or call('DBSIZE') + count > limit
  for i = 1, #hashes, 16 do
    local block = '#' .. sub(hashes, i, i + 15)
    if tight and call('GETBIT', block, slot) == 0
      and (held >= laneLimit or (call('EXISTS', block) == 0 and call('DBSIZE') >= limit)) then
      refused = refused + 1
    elseif call('SETBIT', block, slot, '1') == 0 then
      held = held + 1
    end
  end
  return held, refused
end

local function drop(hashes, slot, held)
  for i = 1, #hashes, 16 do
    local block = '#' .. sub(hashes, i, i + 15)
    -- SETBIT of a missing key would create it.
    if call('GETBIT', block, slot) == 1 then
      call('SETBIT', block, slot, '0')
      if call('BITCOUNT', block) == 0 then call('DEL', block) end
      held = held - 1
    end
  end
  return held
end

local function apply(s, epoch, sequence, kind, from, last, part, parts, hashes)
  if not s.lease then return 'unleased', 0, 0 end
  if s.lease ~= epoch then return 'stale', 0, 0 end
  if s.epoch ~= epoch then begin(s, epoch) end
  local whole = kind == 'snapshot' and part == 0
  -- To an incomplete lane any snapshot is welcome; an old one that is repeated is followed by what came after it.
  if sequence <= s.sequence and (s.complete or s.part >= 0 or not whole) then return 'duplicate', 0, 0 end

  local gap = not whole and sequence ~= s.sequence + 1
  local refused = 0
  if kind == 'snapshot' then
    if whole and from == 0 then
      retire(s.next)
      s.next, s.nextBlocks, s.part, s.from, s.sequence = take(s.lane), 0, 0, 0, sequence - 1
    end
    if s.next == '' or part ~= s.part or from ~= s.from or gap then
      abandonSnapshot(s)
    else
      s.nextBlocks, refused = store(hashes, s.next, s.nextBlocks)
      s.from = from + #hashes / 16
      if last then s.part, s.from = part + 1, 0 end
      if s.part == parts then
        retire(s.slot)
        s.slot, s.blocks, s.complete, s.confirmed = s.next, s.nextBlocks, true, now
        s.next, s.nextBlocks, s.part = '', 0, -1
        believe(s)
      end
    end
  else
    if gap or s.part >= 0 then abandonSnapshot(s) end
    if s.slot == '' then
      s.slot = take(s.lane)
      if s.slot == '' then s.complete = false else believe(s) end
    end
    if s.slot == '' then
      -- Every slot is taken or waits for the sweep.
    elseif kind == 'stored' then
      s.blocks, refused = store(hashes, s.slot, s.blocks)
    else
      s.blocks = drop(hashes, s.slot, s.blocks)
    end
  end
  if last then s.sequence = sequence end
  return 'applied', refused, gap and 1 or 0
end

local replies = {}
for a = 4, #ARGV, 2 do
  local lane, epoch, sequence, kind, from, last, part, parts =
    string.match(ARGV[a], '^(%d+) (%d+) (%d+) (%a+) (%d+) (%d) (%d+) (%d+)$')
  lanes[lane] = lanes[lane] or read(lane)
  local outcome, refused, gap = apply(lanes[lane], epoch, tonumber(sequence), kind, tonumber(from), last == '1',
    tonumber(part), tonumber(parts), ARGV[a + 1])
  replies[#replies + 1], replies[#replies + 2], replies[#replies + 3] = outcome, refused, gap
end
for _, s in pairs(lanes) do
  if s.lease and s.lease == s.epoch then write(s) end
end
return replies
