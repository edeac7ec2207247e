using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>A recording played to an analyser, with what was found about each connection while it was worst: it may have closed, or recovered, before the end.</summary>
internal sealed class RecordingPlay
{
    public HistoryBook Histories { get; } = new();

    public Dictionary<SocketKey, (FilterSubject Subject, IReadOnlyList<Finding> Findings)> Sick { get; } = [];

    public DiagMetrics Metrics { get; } = new();

    public Analyser Analyser { get; } = new();

    public long LastMicros { get; private set; }

    /// <summary>Samples there is no time for: the recording goes on after what was played.</summary>
    public bool IsCut { get; private set; }

    /// <param name="sampleLimit">At most so many samples, to the reading: a few bytes of a file can stand for very many.</param>
    public static RecordingPlay Of(RecordingReader recording, long sampleLimit = long.MaxValue)
    {
        var play = new RecordingPlay();
        var reading = new Reading();
        while (!play.IsCut && recording.TryRead(reading))
        {
            reading.ObserveBy(play.Analyser);
            play.LastMicros = reading.AtMicros;
            play.Take(reading);
            sampleLimit -= reading.Sockets.Count;
            play.IsCut = sampleLimit <= 0;
        }

        return play;
    }

    private void Take(Reading reading)
    {
        Metrics.Add(reading);
        Histories.Add(reading, static s => s.RmemAllocBytes >= Constants.WorthBytes);
        IReadOnlyList<Finding>? findings = null;
        foreach (ref readonly var sample in reading.Sockets.Samples)
        {
            var key = sample.Key;
            if (Analyser.TrackOf(key) is not { } track || Analyser.VerdictsOf(key) is not { Count: > 0 } verdicts
                || (Sick.TryGetValue(key, out var before) && before.Subject.Verdicts.Count > verdicts.Count))
            {
                continue;
            }

            findings ??= Analyser.Findings();
            Sick[key] = (new FilterSubject(track, verdicts), [.. findings.Where(f => f.Socket?.Key == key)]);
        }
    }
}
