using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>May the node have as many sockets and files open as readers and peers need?</summary>
internal sealed class OpenFilesCheck : IDoctorCheck
{
    private const string Topic = "files";

    /// <summary>The runtime and an idle node have about 240 open; beside those a torrent's 50 peers and a browser's connections, each with one to its origin.</summary>
    private const long Few = 512;

    /// <summary>What Linux has given every process by default for decades; .NET itself raises the soft limit to the hard one.</summary>
    private const long Usual = 1024;

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        const string fix = "raise it where the node is started: ulimit -n 65536, LimitNOFILE=65536 in a unit, --ulimit nofile=65536 for a container";
        if (facts.OpenFilesMax is { } most)
        {
            var says = string.Create(CultureInfo.InvariantCulture, $"{most} files and sockets may be open at once");
            yield return most switch
            {
                < Few => DoctorLine.Bad(Topic, says + ": a few readers and one torrent's peers are more", fix),
                < Usual => DoctorLine.Hint(Topic, says + ": many readers and peers are more", fix),
                _ => DoctorLine.Good(Topic, says),
            };
        }
    }
}
