using System.Reflection;

namespace Swarm.Proxy.Cli;

/// <summary>What this build is: version and commit, as the build recorded them.</summary>
internal static class BuildVersion
{
    public static string Version { get; }
    public static string Commit { get; }

    static BuildVersion()
    {
        var text = typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        Version = plus < 0 ? text : text[..plus];
        Commit = plus < 0 ? "unknown" : text[(plus + 1)..];
    }

    public static string Line => $"swarmstream {Version} (commit {Commit})";
}
