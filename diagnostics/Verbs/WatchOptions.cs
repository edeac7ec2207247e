using System.CommandLine;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>The flags that every verb which measures has: how long, and how deep.</summary>
internal sealed class WatchOptions
{
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(30);

    private readonly Option<string?> _duration;
    private readonly Option<string> _trace = new("--trace")
    {
        Description = "Trace collapses by eBPF where this user may: off, demand (while a queue is half full or the kernel prunes), always.",
        DefaultValueFactory = _ => "demand",
        HelpName = "off|demand|always",
    };

    /// <param name="verb">Gets the flags.</param>
    /// <param name="standard">How long to watch when nobody says; null is until Ctrl-C.</param>
    public WatchOptions(Command verb, string? standard)
    {
        _duration = new Option<string?>("--for")
        {
            Description = standard is null ? "How long: 10s, 500ms, 5m; until Ctrl-C when left out." : "How long to watch: 10s, 500ms, 5m.",
            HelpName = "TIME",
        };
        if (standard is not null)
        {
            _duration.DefaultValueFactory = _ => standard;
        }

        verb.Add(_duration);
        verb.Add(_trace);
    }

    /// <summary>What was asked for; false after a sentence on standard error.</summary>
    public bool TryRead(ParseResult parsed, DiagHost host, out TimeSpan? duration, out TraceMode trace)
    {
        duration = null;
        trace = TraceMode.OnDemand;
        if (parsed.GetValue(_duration) is { } text)
        {
            if (DurationText.TryParse(text) is not { } time || time <= TimeSpan.Zero || time > LongestDuration)
            {
                host.Error.WriteLine($"--for {text} is not a time; write it like 10s, 500ms or 5m.");
                return false;
            }

            duration = time;
        }

        var mode = parsed.GetValue(_trace);
        (var known, trace) = mode switch
        {
            "off" => (true, TraceMode.Off),
            "demand" => (true, TraceMode.OnDemand),
            "always" => (true, TraceMode.Always),
            _ => (false, TraceMode.OnDemand),
        };
        if (!known)
        {
            host.Error.WriteLine($"--trace {mode} is none of off, demand, always.");
        }

        return known;
    }
}
