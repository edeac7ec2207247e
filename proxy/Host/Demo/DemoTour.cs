using System.Net.Sockets;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Demo;

/// <summary>
/// What a visitor of the demo may do to it, to see that the film goes on: kill a peer, poison one, throttle the origin, stop a reader. Each says in
/// a sentence what happens. One thing at a time.
/// </summary>
internal sealed class DemoTour(IReadOnlyList<PeerLine> lines, SlowPipe origin, Func<CancellationToken, Task<StoppedReader>> stopReader) : IAsyncDisposable
{
    private const double ThrottledTo = 0.1;

    private readonly double _originBytesPerSecond = origin.BytesPerSecond;
    private readonly SemaphoreSlim _one = new(1);
    private StoppedReader? _stopped;

    public IReadOnlyList<PeerLine> Lines => lines;

    public bool IsThrottled => origin.BytesPerSecond < _originBytesPerSecond;

    public bool HasStoppedReader => _stopped is not null;

    /// <summary>Does it; a sentence about what to see now, or null where there is no such action.</summary>
    public async Task<string?> DoAsync(string action, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            return action switch
            {
                "kill" => Kill(),
                "poison" => Poison(),
                "throttle" => Throttle(),
                "stop-reader" => await StopReaderAsync(cancellation),
                "mend" => Mend(),
                _ => null,
            };
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stopped?.Dispose();
        foreach (var line in lines)
        {
            await line.DisposeAsync();
        }

        _one.Dispose();
    }

    private string Kill()
    {
        if (lines.FirstOrDefault(l => !l.IsCut) is not { } line)
        {
            return "No peer is left: the film stalls now, as it would without a swarm. Mend it all, and it goes on.";
        }

        line.Cut();
        var left = lines.Count(l => !l.IsCut);
        return $"{line.At} is gone in the middle of a block. What it owed is asked of the {(left > 0 ? $"{left} left" : "origin")} at once, the most urgent first; the film goes on from what lies ready.";
    }

    private string Poison()
    {
        if (lines.FirstOrDefault(l => l is { IsCut: false, Spoils: false }) is not { } line)
        {
            return "No honest peer is left to poison. Mend it all first.";
        }

        line.Spoils = true;
        return $"{line.At} lies from now on: one bit of each block is wrong. The first block fails its hash, not a byte of it reaches the film, and the address is banned; the dashboard says which block.";
    }

    private string Throttle()
    {
        origin.BytesPerSecond = IsThrottled ? _originBytesPerSecond : _originBytesPerSecond * ThrottledTo;
        return IsThrottled
            ? $"The origin sends {PlainUnits.Rate(origin.BytesPerSecond)} now, a tenth of before. Its share falls, the peers bring the rest, and what is due soonest is asked of who is fastest."
            : $"The origin sends {PlainUnits.Rate(origin.BytesPerSecond)} again.";
    }

    private async Task<string> StopReaderAsync(CancellationToken cancellation)
    {
        if (_stopped is { } before)
        {
            before.Dispose();
            _stopped = null;
            return "The program that did not read is gone, and with it the memory that its bytes lay in.";
        }

        try
        {
            _stopped = await stopReader(cancellation);
            return "A second program has asked for the film and reads nothing of it. The dashboard's view of TCP memory shows what was sent to it and not taken; the film above does not notice.";
        }
        catch (Exception e) when (e is SocketException)
        {
            return "The second program could not connect.";
        }
    }

    private string Mend()
    {
        foreach (var line in lines)
        {
            line.Spoils = false;
            try
            {
                line.Mend();
            }
            catch (SocketException)
            {
                // Its port is somebody else's by now: that peer stays away.
            }
        }

        origin.BytesPerSecond = _originBytesPerSecond;
        _stopped?.Dispose();
        _stopped = null;
        return "All is as it was, but for the addresses that are banned: who lied once is not asked again.";
    }
}
