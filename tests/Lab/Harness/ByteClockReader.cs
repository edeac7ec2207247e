using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Lab.Harness;

/// <summary>
/// A player that decodes nothing: it starts at two seconds of media, plays at the film's rate, holds so many seconds ahead
/// and no more, seeks by a new range, and compares every byte with the film. Stall times are exact: they follow from when
/// bytes arrived, not from a timer.
/// </summary>
public sealed class ByteClockReader(Film film, Uri url, IPEndPoint? proxy)
{
    /// <summary>Media needed to start, and to go on after a stall (design §7, bounds).</summary>
    public const double StartSeconds = 2;

    private const int MaxResumes = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Seconds of media held ahead of the playhead.</summary>
    public double BufferSeconds { get; init; } = 20;

    /// <summary>Where its sockets come from; null for this machine.</summary>
    public Func<Socket>? NewSocket { get; init; }

    /// <summary>Told after each read, with the offset of the end of what is held.</summary>
    public Action<long>? OnProgress { get; init; }

    public async Task<PlayResult> PlayAsync(IReadOnlyList<PlayLeg> legs, CancellationToken stop)
    {
        var results = new List<LegResult>();
        foreach (var leg in legs)
        {
            results.Add(await PlayAsync(leg, stop));
        }

        return new(results);
    }

    private async Task<LegResult> PlayAsync(PlayLeg leg, CancellationToken stop)
    {
        var from = (long)(film.Content.Length * leg.FromFraction);
        var clock = new PlayClock(film, from, StartSeconds);
        var until = leg.Seconds is { } s ? Math.Min(film.Content.Length, from + (s * film.BytesPerSecond)) : film.Content.Length;
        var buffer = new byte[32 * 1024];
        var held = from;
        long wrong = 0;
        var resumes = 0;
        double? firstByte = null;
        HttpExchange? exchange = null;
        try
        {
            while (clock.Playhead < until)
            {
                if (held == film.Content.Length || held - clock.Playhead >= BufferSeconds * film.BytesPerSecond)
                {
                    // Nothing to read for now: sleep as far as the playhead must move, as a player does.
                    var goal = held == film.Content.Length ? until : held - (BufferSeconds * film.BytesPerSecond) + buffer.Length;
                    await Task.Delay(TimeSpan.FromSeconds(Math.Max(0.005, (Math.Min(goal, until) - clock.Playhead) / film.BytesPerSecond)), stop);
                    continue;
                }

                using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
                patience.CancelAfter(Patience);
                try
                {
                    exchange ??= await OpenAsync(held, patience.Token);
                    var n = await exchange.ReadAsync(buffer, patience.Token);
                    firstByte ??= clock.Elapsed;
                    wrong += CountWrong(buffer.AsSpan(0, n), held);
                    held += n;
                    clock.Arrived(held);
                    OnProgress?.Invoke(held);
                }
                catch (IOException) when (++resumes <= MaxResumes)
                {
                    // What a player does when a connection breaks: the same place again.
                    exchange?.Dispose();
                    exchange = null;
                    await Task.Delay(100, stop);
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    throw new LabException($"no byte in {Patience.TotalSeconds:F0} s at {held} of {film.Content.Length}");
                }
            }

            return new(
                firstByte ?? clock.Elapsed, clock.StartupSeconds, clock.Stalls, clock.StalledSeconds,
                (clock.Playhead - from) / film.BytesPerSecond, held - from, wrong, resumes);
        }
        finally
        {
            exchange?.Dispose();
        }
    }

    private async Task<HttpExchange> OpenAsync(long from, CancellationToken stop)
    {
        var exchange = await HttpExchange.GetAsync(url, proxy, $"{from}-", stop, newSocket: NewSocket);
        if (exchange.Status != 206)
        {
            exchange.Dispose();
            throw new LabException($"{exchange.Status} for bytes={from}- of {url}");
        }

        return exchange;
    }

    private long CountWrong(ReadOnlySpan<byte> got, long at)
    {
        var right = film.Content.AsSpan((int)at, got.Length);
        if (got.SequenceEqual(right))
        {
            return 0;
        }

        long wrong = 0;
        for (var i = 0; i < got.Length; i++)
        {
            wrong += got[i] == right[i] ? 0 : 1;
        }

        return wrong;
    }

    /// <summary>Where the playhead is, from when bytes came.</summary>
    private sealed class PlayClock(Film film, long from, double startSeconds)
    {
        private readonly long _began = Stopwatch.GetTimestamp();
        private double _held = from;
        private double _anchor = from;
        private double _anchorSeconds;
        private double _waitingSince;
        private bool _playing;
        private bool _started;

        public double StartupSeconds { get; private set; }

        public int Stalls { get; private set; }

        public double StalledSeconds { get; private set; }

        public double Elapsed => Stopwatch.GetElapsedTime(_began).TotalSeconds;

        public double Playhead => _playing ? Math.Min(_held, _anchor + ((Elapsed - _anchorSeconds) * film.BytesPerSecond)) : _anchor;

        public void Arrived(long held)
        {
            var now = Elapsed;
            if (_playing)
            {
                var ranOut = _anchorSeconds + ((_held - _anchor) / film.BytesPerSecond);
                if (now > ranOut)
                {
                    _playing = false;
                    _anchor = _held;
                    _waitingSince = ranOut;
                    Stalls++;
                }
            }

            _held = held;
            if (!_playing && (held - _anchor >= startSeconds * film.BytesPerSecond || held == film.Content.Length))
            {
                if (_started)
                {
                    StalledSeconds += now - _waitingSince;
                }
                else
                {
                    StartupSeconds = now;
                    _started = true;
                }

                _playing = true;
                _anchorSeconds = now;
            }
        }
    }
}
