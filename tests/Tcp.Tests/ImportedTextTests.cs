using FsCheck;
using FsCheck.Fluent;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>Text of ss, nstat and sysctl: golden files of text above <c>----</c> and the report below, and text that is none.</summary>
public sealed class ImportedTextTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "golden");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.golden").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Text_GivesThisReport(string file)
    {
        var halves = File.ReadAllText(Path.Combine(Folder, file)).Split("\n----\n");
        var imported = ImportedText.Read(halves[0]);
        var report = $"snapshots {imported.Snapshots.Count}, connections {imported.Snapshots.Sum(s => s.Count)}, not understood {imported.LinesNotUnderstood}\n"
            + string.Join("\n", FindingText.Lines(imported.Analyse().Findings));
        if (Environment.GetEnvironmentVariable("SWARM_GOLDEN_OUT") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, file), $"{halves[0]}\n----\n{report}\n");
        }

        Assert.Equal(halves[1].TrimEnd('\n'), report.TrimEnd('\n'));
    }

    [Fact]
    public void Socket_HasEveryNumberThatSsPrinted()
    {
        var s = Assert.Single(ImportedText.Read(
            "ESTAB 114176 5 127.0.0.1%lo:41675 [fe80::1]%eth0:39320 users:((\"my prog\",pid=12002,fd=5)) uid:33 ino:663517 sk:1b cgroup:/ <-> "
            + "skmem:(r115008,rb131072,t0,tb4194304,f3776,w0,o0,bl7,d3) rcvmss:52736 cwnd:10 bytes_received:114176 segs_in:15 data_segs_in:11 "
            + "lastrcv:1020 rcv_rtt:0.112 rcv_space:65483 rcv_ssthresh:104463 rcv_ooopack:2 rcv_wnd:4096").Snapshots[0]);
        Assert.Equal(("127.0.0.1:41675", "[fe80::1]:39320"), (s.Local.ToString(), s.Remote.ToString()));
        Assert.Equal((114176, 115008, 131072, 7, 3u), (s.PayloadBytes, s.RmemAllocBytes, s.RcvbufBytes, s.BacklogBytes, s.Drops));
        Assert.Equal((663517u, 33u, 0x1bul), (s.Inode, s.UserId, s.Cookie));
        Assert.Equal((52736u, 104463u, 112, 65483, 4096), (s.RcvMssBytes, s.RcvSsthreshBytes, s.RcvRttMicros, s.RcvSpaceBytes, s.RcvWndBytes));
        Assert.Equal((114176ul, 15u, 11u, 2u, 1_020_000), (s.BytesReceived, s.SegmentsIn, s.DataSegmentsIn, s.OutOfOrderSegments, s.SinceDataMicros));
        Assert.Equal(Tier.Imported, s.Tier);
    }

    [Fact]
    public void Owner_KeepsTheSpacesOfItsName()
    {
        var imported = ImportedText.Read("ESTAB 0 0 127.0.0.1:1 127.0.0.1:2 users:((\"my prog\",pid=12002,fd=5),(\"x\",pid=3,fd=5)) cwnd:10");
        Assert.Equal(new SocketOwner(12002, "my prog"), Assert.Single(imported.Owners).Value);
    }

    [Fact]
    public void AnyText_IsReadToItsEnd()
    {
        var sane = "ESTAB 1 2 127.0.0.1:1 [::1]:2 skmem:(r1,rb2) cwnd:1 users:((\"a\",pid=1,fd=2)) rcv_rtt:0.5\n\t skmem:(\nTcpExtOfoPruned 5\nnet.ipv4.tcp_rmem = 1 2 3\n";
        Prop.ForAll<string>(text => ImportedText.Read(text ?? "").Analyse().Findings.Count >= 0).QuickCheckThrowOnFailure();
        Prop.ForAll<char, ushort>((c, at) =>
        {
            var text = sane.ToCharArray();
            text[at % text.Length] = c;
            var imported = ImportedText.Read(new string(text));
            return FindingText.Lines(imported.Analyse().Findings).All(l => l.Length > 0);
        }).QuickCheckThrowOnFailure();
        for (var length = 0; length <= sane.Length; length++)
        {
            Assert.NotNull(ImportedText.Read(sane[..length]).Analyse().Findings);
        }
    }
}
