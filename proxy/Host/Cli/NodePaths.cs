namespace Swarm.Proxy.Cli;

/// <summary>
/// The node's folders. Rising order: the platform's (XDG base directories on Linux), systemd's <c>*_DIRECTORY</c>,
/// <c>--data</c>, which puts all but the configuration into one folder.
/// </summary>
/// <param name="Cache">Pieces: may be deleted while the node is down.</param>
/// <param name="State">Receipts and the control token.</param>
/// <param name="Runtime">What lives as long as the process: <c>control.json</c>.</param>
public sealed record NodePaths(string Cache, string State, string Config, string Runtime)
{
    private const string Name = "swarmstream";

    internal static NodePaths Of(Surroundings surroundings, string? dataDirectory = null)
    {
        var home = surroundings.Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var platform = OperatingSystem.IsWindows() ? OfWindows(surroundings, home)
            : OperatingSystem.IsMacOS() ? OfMac(home)
            : OfXdg(surroundings, home);
        var paths = new NodePaths(
            Systemd(surroundings, "CACHE_DIRECTORY") ?? platform.Cache,
            Systemd(surroundings, "STATE_DIRECTORY") ?? platform.State,
            Systemd(surroundings, "CONFIGURATION_DIRECTORY") ?? platform.Config,
            Systemd(surroundings, "RUNTIME_DIRECTORY") ?? platform.Runtime);
        return dataDirectory is null
            ? paths
            : paths with { Cache = dataDirectory, State = Path.Combine(dataDirectory, "state"), Runtime = Path.Combine(dataDirectory, "state") };
    }

    /// <summary>Makes the folders the node writes to, for this user alone.</summary>
    public void Create()
    {
        foreach (var folder in new[] { Cache, State, Runtime })
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }

    private static NodePaths OfXdg(Surroundings surroundings, string home)
    {
        var state = Path.Combine(Xdg(surroundings, "XDG_STATE_HOME") ?? Path.Combine(home, ".local", "state"), Name);
        return new NodePaths(
            Path.Combine(Xdg(surroundings, "XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), Name),
            state,
            Path.Combine(Xdg(surroundings, "XDG_CONFIG_HOME") ?? Path.Combine(home, ".config"), Name),
            Xdg(surroundings, "XDG_RUNTIME_DIR") is { } runtime ? Path.Combine(runtime, Name) : state);
    }

    private static NodePaths OfMac(string home)
    {
        var support = Path.Combine(home, "Library", "Application Support", Name);
        return new NodePaths(Path.Combine(home, "Library", "Caches", Name), support, support, support);
    }

    private static NodePaths OfWindows(Surroundings surroundings, string home)
    {
        var local = Path.Combine(surroundings.Variable("LOCALAPPDATA") ?? Path.Combine(home, "AppData", "Local"), Name);
        return new NodePaths(Path.Combine(local, "cache"), Path.Combine(local, "state"), local, Path.Combine(local, "state"));
    }

    /// <summary>XDG: "all paths must be absolute; a relative one must be ignored".</summary>
    private static string? Xdg(Surroundings surroundings, string variable) =>
        surroundings.Variable(variable) is { } path && Path.IsPathFullyQualified(path) ? path : null;

    /// <summary>systemd.exec(5): several folders are joined by colons; the first is ours.</summary>
    private static string? Systemd(Surroundings surroundings, string variable) =>
        OperatingSystem.IsLinux() ? surroundings.Variable(variable)?.Split(':')[0] : null;
}
