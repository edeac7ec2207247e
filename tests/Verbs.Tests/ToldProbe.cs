using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary>A probe that tells the same each time, or what a script says of each reading.</summary>
internal sealed class ToldProbe(SocketSample[] samples, string? absentBecause = null, string? readProblem = null) : IProbe
{
    /// <summary>Changes a sample of the reading with this number, from 0.</summary>
    public Func<SocketSample, int, SocketSample> Script { get; init; } = static (s, _) => s;

    /// <summary>What tracing tells of the reading with this number.</summary>
    public Action<Reading, int>? Trace { get; init; }

    public int Reads { get; private set; }

    public string Name => InetDiagProbe.ProbeName;

    public string Gives => "what the test says";

    public string? Start() => absentBecause;

    public string? Read(Reading into)
    {
        foreach (var sample in samples)
        {
            into.Sockets.Add(Script(sample, Reads) with { AtMicros = into.AtMicros });
        }

        Trace?.Invoke(into, Reads);
        Reads++;
        return readProblem;
    }

    public void Dispose()
    {
    }
}
