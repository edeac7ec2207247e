namespace Swarm.Proxy.Cli;

/// <summary>
/// One setting under its three names: the flag <c>--name</c>, the key <c>name</c> of the configuration file, the variable
/// <c>SWARMSTREAM_NAME</c>. All three read it by the same function and fail with the same sentence.
/// </summary>
/// <param name="ValueName">What stands for the value in the help; empty for a switch.</param>
/// <param name="Default">The default as text, for the help and <c>config show</c>.</param>
/// <param name="Apply">The settings with these values in place of the earlier ones, or why not.</param>
internal sealed record SettingDefinition(
    string Name, SettingArity Arity, string ValueName, string Help, string Default, Func<ProxySettings, IReadOnlyList<string>, Applied> Apply)
{
    public string Flag => "--" + Name;

    public string Variable => "SWARMSTREAM_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>True if the values are paths: those in a file are relative to the file, those of a flag to the working folder.</summary>
    public bool IsPath { get; init; }

    /// <summary>A value as <c>config show</c> may print it.</summary>
    public Func<string, string> Shown { get; init; } = static value => value;
}

internal enum SettingArity
{
    Switch,
    One,
    Many,
}

/// <summary>Changed settings, or the rest of a sentence that begins with where the value stood.</summary>
internal readonly record struct Applied(ProxySettings? Settings, string? Problem)
{
    public static implicit operator Applied(ProxySettings settings) => new(settings, null);

    public static Applied Refused(string problem) => new(null, problem);
}
