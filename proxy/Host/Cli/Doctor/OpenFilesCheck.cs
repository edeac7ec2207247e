using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>May the node have as many sockets and files open as readers and peers need?</summary>
internal sealed class OpenFilesCheck : IDoctorCheck
{
    private const string Topic = "files";

    private const string Raise = "raise it where the node is started: ulimit -n 65536, LimitNOFILE=65536 in a unit, --ulimit nofile=65536 for a container";

    /// <summary>With 230 a library cannot be loaded any more while a node starts, and what the runtime says then names no cause.</summary>
    private const long Least = 256;

    /// <summary>With 100 the verbs that run no node, this check's among them, end like that too.</summary>
    private const long LeastOfAll = 128;

    /// <summary>The runtime and an idle node have about 240 open; beside those a torrent's 50 peers and a browser's connections, each with one to its origin.</summary>
    private const long Few = 512;

    /// <summary>What Linux has given every process by default for decades; .NET itself raises the soft limit to the hard one.</summary>
    private const long Usual = 1024;

    /// <summary>Why no node starts with so many; null when one does.</summary>
    /// <param name="most">Null where the machine does not tell.</param>
    public static string? Obstacle(long? most) => most < Least
        ? string.Create(CultureInfo.InvariantCulture, $"only {most} files and sockets may be open at once, and a node needs {Least} to start: {Raise}.")
        : null;

    /// <summary>Why no verb runs; null where those do that run no node.</summary>
    public static string? ObstacleToAnything(long? most) => most < LeastOfAll ? Obstacle(most) : null;

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        if (facts.OpenFilesMax is { } most)
        {
            var says = string.Create(CultureInfo.InvariantCulture, $"{most} files and sockets may be open at once");
            yield return most switch
            {
                < Few => DoctorLine.Bad(Topic, says + ": a few readers and one torrent's peers are more", Raise),
                < Usual => DoctorLine.Hint(Topic, says + ": many readers and peers are more", Raise),
                _ => DoctorLine.Good(Topic, says),
            };
        }
    }
}
