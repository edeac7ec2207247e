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
        var origin = new SocketLabel(SocketLabel.Origin, "films.example");
        var own = new OwnConnections(
        [
            new OwnConnection(Idle.Local, Idle.Remote, origin),
            .. Enumerable.Range(6000, 100).Select(port => new OwnConnection(At(port), Idle.Remote, origin)),
            .. Enumerable.Range(7101, 2).Select(port => new OwnConnection(null, At(port), new SocketLabel(SocketLabel.Peer, "aa"))),
        ]);
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

    [Fact]
    public void ConnectionsOfOneLabel_AreToldAsOne_AndAreWellWhenAllAre()
    {
        var ill = Idle with { RmemAllocBytes = 120_000, PayloadBytes = 1_000 };
        var many = Enumerable.Range(0, 100).Select(i => ill with { Cookie = (ulong)(100 + i), Local = At(6000 + i), RmemAllocBytes = 120_000 - i }).ToArray();
        Run(seconds: 9, many);
        var begun = _told.Count;
        Assert.InRange(begun, 1, 3); // BLOATED first, STALLED READER a second later
        Assert.Equal(120_000, _told[^1].Finding.Socket.RmemAllocBytes);
        Assert.Equal([Verdict.StalledReader, Verdict.Bloated], _told[^1].Finding.Verdicts);

        Run(seconds: 5, [.. many.Select((s, i) => i < 99 ? s with { RmemAllocBytes = 0, PayloadBytes = 0, BytesReceived = 1_000 } : s)]);
        Assert.DoesNotContain(_told, t => t.Finding.Verdicts.Count == 0);
        Run(seconds: 5, [.. many.Select(s => s with { RmemAllocBytes = 0, PayloadBytes = 0 })]);
        Assert.Single(_told, t => t.Finding.Verdicts.Count == 0);
        Assert.InRange(_told.Count, begun + 1, begun + 4);
    }

    [Fact]
    public void PeersOfOneSwarm_AreToldEachForItself()
    {
        var ill = Idle with { RmemAllocBytes = 120_000, PayloadBytes = 1_000 };
        Run(seconds: 3, ill with { Cookie = 8, Local = At(7001), Remote = At(7101) }, ill with { Cookie = 9, Local = At(7002), Remote = At(7102) });
        Assert.Equal([7101, 7102], _told.Select(t => t.Finding.Socket.Remote.Port).Distinct().Order());
    }

    [Fact]
    public void WhatComesAndGoesTenTimesASecond_IsToldOnceASecondAtMost()
    {
        for (var tenth = 0; tenth < 200; tenth++)
        {
            var at = tenth * 100_000L;
            var sample = tenth / 5 % 2 == 0 ? Idle with { RmemAllocBytes = 120_000, PayloadBytes = 1_000 } : Idle;
            _analyser.Observe(new HostSample { AtMicros = at }, [sample with { AtMicros = at }]);
            _findings.Look(_analyser);
            _second = tenth / 10;
        }

        Assert.InRange(_told.Count, 4, 22);
    }

    private static SocketEnd At(int port) => new(0x7F000001, false, port);

    private void Run(int seconds, params SocketSample[] samples)
    {
        for (var end = _second + seconds; _second < end;)
        {
            _second++;
            _analyser.Observe(new HostSample { AtMicros = _second * 1_000_000L }, [.. samples.Select(s => s with { AtMicros = _second * 1_000_000L })]);
            _findings.Look(_analyser);
        }
    }
}
