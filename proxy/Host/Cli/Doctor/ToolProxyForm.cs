namespace Swarm.Proxy.Cli;

/// <summary>How a tool's configuration file is written.</summary>
internal enum ToolProxyForm
{
    /// <summary>Sections in brackets, keys with values: git, pip, cargo; without sections npm, wget, curl.</summary>
    Ini,

    /// <summary>apt.conf(5): names joined by <c>::</c> or by braces, a quoted value, a semicolon.</summary>
    Apt,
}
