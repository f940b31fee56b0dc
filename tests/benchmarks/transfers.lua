-- Posts transfers between any two of ten thousand accounts, and says in JSON how it went.
local accounts = 10000

function init()
   math.randomseed(os.time())
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "application/json"
   local token = os.getenv("TOKEN")
   if token then
      wrk.headers["Authorization"] = "Bearer " .. token
   end
   local prefer = os.getenv("PREFER")
   if prefer and prefer ~= "" then
      wrk.headers["Prefer"] = prefer
   end
end

function request()
   local a = math.random(accounts)
   local b = math.random(accounts - 1)
   if b >= a then
      b = b + 1
   end
   return wrk.format(nil, nil, nil, string.format(os.getenv("BODY"), a, b))
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
