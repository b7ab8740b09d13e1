-- A session with Rollcall.vst3 on the track "song". The track "bounce" hears what the plugin sends on, the track "report" its MIDI.
-- Run by ardour.py with Ardour's own luasession.
local backend = AudioEngine:set_backend("None (Dummy)", "rollcall", "")
AudioEngine:start(false)
local s = create_session(os.getenv("ROLLCALL_SESSION"), "rollcall", tonumber(os.getenv("ROLLCALL_RATE_HZ")))
assert(s, "no session")
local last, normal = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal

local plugin = ARDOUR.LuaAPI.new_plugin(s, "Rollcall", ARDOUR.PluginType.VST3, "")
assert(not plugin:isnil(), "Ardour does not know the plugin")
for track in s:new_audio_track(2, 2, nil, 1, "song", last, normal, true):iter() do
	-- What comes out must be what went in.
	track:panner_shell():set_bypassed(true)
	assert(track:add_processor_by_index(plugin, 0, nil, true) == 0, "the plugin does not fit the track")
end
print("latency_frames", plugin:to_insert():signal_latency())
local shown = plugin:to_insert():plugin(0)
for index = 0, shown:parameter_count() - 1 do
	print("parameter", shown:parameter_label(index))
end

for track in s:new_audio_track(2, 2, nil, 1, "bounce", last, normal, true):iter() do
	for channel = 0, 1 do
		local port = track:input():nth(channel)
		port:disconnect_all()
		assert(port:connect("song/audio_out " .. (channel + 1)) == 0, "no audio from the plugin's track")
		-- Not twice into the master bus.
		track:output():nth(channel):disconnect_all()
	end
end
local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
for track in s:new_midi_track(midi, midi, true, ARDOUR.PluginInfo(), nil, nil, 1, "report", last, normal, true):iter() do
	local port = track:input():nth(0)
	port:disconnect_all()
	assert(port:connect("song/midi_out 1") == 0, "no MIDI from the plugin's track")
end
s:save_state("")
close_session()
quit()
