-- Calls a function and counts the answers by status: wrk -s calls.lua URL

local threads = {}

wrk.method = "POST"
wrk.body = '{"x": 3, "y": 6}'

function setup(thread) table.insert(threads, thread) end

function init() ok, failed, other = 0, 0, 0 end

function response(status, headers, body)
    if status == 200 and body == "9" then ok = ok + 1
    elseif status == 500 then failed = failed + 1
    else other = other + 1 end
end

function done(summary, latency)
    local sums = { ok = 0, failed = 0, other = 0 }
    for _, thread in ipairs(threads) do
        for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
    end
    local errors = summary.errors
    io.write(string.format("counted %d %d %d %d %.0f\n", sums.ok, sums.failed, sums.other,
        errors.connect + errors.read + errors.write + errors.timeout,
        1e6 * summary.requests / summary.duration))
end
