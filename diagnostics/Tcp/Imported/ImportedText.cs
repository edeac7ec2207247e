using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What other programs printed about TCP, perhaps elsewhere: <c>ss -tOmien</c>, <c>nstat -az</c>, sysctl lines and /proc files, in any mixture.</summary>
public sealed class ImportedText
{
    private readonly SsText _ss = new();
    private readonly HostText _host = new();

    private ImportedText()
    {
    }

    /// <summary>The outputs of ss in the text, in its order; a header line begins the next one.</summary>
    public IReadOnlyList<IReadOnlyList<SocketSample>> Snapshots => _ss.Snapshots;

    public IReadOnlyDictionary<SocketKey, SocketOwner> Owners => _ss.Owners;

    public HostSample Host => _host.Sample;

    public bool HasHost => _host.Lines > 0;

    public int LinesNotUnderstood { get; private set; }

    public static ImportedText Read(string text)
    {
        var imported = new ImportedText();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.IsWhiteSpace() && !imported._ss.TryRead(line) && !imported._host.TryRead(line))
            {
                imported.LinesNotUnderstood++;
            }
        }

        imported._ss.Finish();
        imported._host.Finish();
        return imported;
    }

    /// <summary>The findings of the whole text.</summary>
    public (Analyser Analyser, IReadOnlyList<Finding> Findings) Analyse()
    {
        var analyser = new Analyser(oneSampleSuffices: Snapshots.Count < 2);
        if (Snapshots.Count == 0)
        {
            analyser.Observe(Host, []);
        }

        foreach (var snapshot in Snapshots)
        {
            analyser.Observe(Host, snapshot.ToArray());
        }

        var findings = analyser.Findings();
        return (analyser, [.. findings.Select(f => f.Socket is { } s && Owners.TryGetValue(s.Key, out var owner) ? f with { Owner = owner } : f)]);
    }
}
