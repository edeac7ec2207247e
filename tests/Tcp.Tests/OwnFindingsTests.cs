using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Tests;

public sealed class OwnFindingsTests
{
    private static readonly SocketSample Idle = new()
    {
        Cookie = 7,
        State = TcpState.Established,
        Tier = Tier.Sampled,
        Fields = SocketFields.Memory | SocketFields.BytesReceived,
        Local = new SocketEnd(0x7F000001, false, 5001),
        Remote = new SocketEnd(0x7F000002, false, 40000),
        RcvbufBytes = 131_072,
        BytesReceived = 1_000,
    };

    private readonly List<(int Second, OwnFinding Finding)> _told = [];
    private readonly Analyser _analyser = new();
    private readonly OwnFindings _findings;
    private int _second;

    public OwnFindingsTests()
    {
        var own = new OwnConnections([new OwnConnection(Idle.Local, Idle.Remote, new SocketLabel("origin", "films.example"))]);
        _findings = new(() => own, f => _told.Add((_second, f)));
    }

    [Fact]
    public void Finding_IsToldOnce_AgainEveryTenSeconds_AndWhenItIsOver()
    {
        Run(seconds: 25, Idle with { RmemAllocBytes = 120_000, PayloadBytes = 1_000 });
        Run(seconds: 5, Idle);

        var bloated = _told.Where(t => t.Finding.Verdicts.Contains(Verdict.Bloated)).ToList();
        var changes = _told.Where(t => !t.Finding.IsAgain).ToList();
        var first = changes[^2];
        Assert.Equal([first.Second + 10, first.Second + 20], bloated.Where(t => t.Finding.IsAgain).Select(t => t.Second));
        Assert.All(bloated.Where(t => t.Finding.IsAgain), t => Assert.Equal(first.Finding.Bits, t.Finding.Bits));
        Assert.Empty(changes[^1].Finding.Verdicts);
        Assert.InRange(changes[^1].Second, 26, 30);
        Assert.Equal("films.example", changes[^1].Finding.Label.Subject);
    }

    [Fact]
    public void Finding_OfSomeoneElse_IsNotTold()
    {
        Run(seconds: 25, Idle with { Local = new SocketEnd(0x7F000001, false, 5002), RmemAllocBytes = 120_000, PayloadBytes = 1_000 });
        Assert.NotEmpty(_analyser.Findings());
        Assert.Empty(_told);
    }

    private void Run(int seconds, SocketSample sample)
    {
        for (var end = _second + seconds; _second < end;)
        {
            _second++;
            _analyser.Observe(new HostSample { AtMicros = _second * 1_000_000L }, [sample with { AtMicros = _second * 1_000_000L }]);
            _findings.Look(_analyser);
        }
    }
}
