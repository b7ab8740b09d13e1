-- Records the tracks "bounce" and "report" while "song" plays, as a person does who bounces in real time.
-- Run by ardour.py with Ardour's own luasession.
local backend = AudioEngine:set_backend("None (Dummy)", "rollcall", "")
AudioEngine:start(false)
local s = load_session(os.getenv("ROLLCALL_SESSION"), "rollcall")
assert(s, "no session")
print("block_frames", backend:buffer_size())
print("late_frames", s:worst_input_latency())
local function pause(seconds) ARDOUR.LuaAPI.usleep(math.floor(seconds * 1e6)) end

for _, name in ipairs({ "bounce", "report" }) do
	local armed = s:route_by_name(name):to_track():rec_enable_control()
	armed:set_value(1, PBD.GroupControlDisposition.NoGroup)
	for _ = 1, 50 do
		if armed:get_value() == 1 then break end
		pause(0.1)
	end
	assert(armed:get_value() == 1, name .. " cannot be armed")
end
local ui = ARDOUR.TransportRequestSource.TRS_UI
s:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop, ui)
pause(1)
s:maybe_enable_record(false)
s:request_roll(ui)
local last_sample = tonumber(os.getenv("ROLLCALL_LAST_SAMPLE"))
for _ = 1, 1200 do
	if s:transport_sample() >= last_sample then break end
	pause(0.05)
end
print("recorded_to", s:transport_sample())
s:request_stop(false, false, ui)
pause(1.5)
s:save_state("")
close_session()
quit()
