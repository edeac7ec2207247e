namespace Swarm.Proxy.Cli;

/// <summary>The merged settings with where each came from, and the first thing that was wrong.</summary>
internal sealed class LoadedSettings(ProxySettings settings)
{
    public ProxySettings Settings { get; set; } = settings;

    /// <summary>What was given, by name: the values and where they stood.</summary>
    public Dictionary<string, (IReadOnlyList<string> Values, string Where)> Given { get; } = [];

    /// <summary>Sentences worth a line on stderr that stop nothing.</summary>
    public List<string> Hints { get; } = [];

    /// <summary>The file that was read; null if there was none.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>Null if all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Later problems are dropped: one sentence at a time can be acted on.</summary>
    public void Fail(string sentence) => Problem ??= sentence;
}
