-- Load from wrk, its figures as JSON: wrk -s load.lua URL -- METHOD [FILE_WITH_THE_BODY]

function init(arguments)
    wrk.method = arguments[1]
    if arguments[2] then wrk.body = io.open(arguments[2], "rb"):read("*a") end
end

function done(summary)
    local errors = summary.errors
    io.write(string.format(
        '{"calls": %d, "seconds": %.6f, "refused": %d, "broken": %d}\n',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
