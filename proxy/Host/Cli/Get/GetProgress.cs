using Swarm.Engine.Receipts;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>
/// Shows how a download stands: one line redrawn where stderr is a terminal, a plain line every few seconds where it is not.
/// Who delivers it asks the node.
/// </summary>
/// <remarks>The download writes what it knows from its task; drawing has a task of its own.</remarks>
internal sealed class GetProgress : IAsyncDisposable
{
    // Five times a second: as fast as numbers can be read.
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    /// <summary>Rates are of this long: shorter ones jump, longer ones lie after a stall.</summary>
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly NodeSeat _seat;
    private readonly TextWriter _text;
    private readonly Terminal? _terminal;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<(long At, long Bytes)> _samples = new();
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Task _drawing;
    private GetItem? _item;
    private GetOutput? _output;
    private long? _total;
    private string? _waiting;
    private ResourceView? _resource;
    private string? _seeking;
    private StatusView? _status;
    private int _drawn;

    public GetProgress(NodeSeat seat, Surroundings surroundings)
    {
        _seat = seat;
        _text = surroundings.Error;
        _terminal = Terminal.OfStderr(surroundings);
        _drawing = Task.Run(DrawAsync);
    }

    /// <summary>An answer with bytes began.</summary>
    public void Begin(GetItem item, long? total, GetOutput output)
    {
        lock (_gate)
        {
            if (_item != item)
            {
                _samples.Clear();
                _resource = null;
            }

            (_item, _output, _total, _waiting) = (item, output, total, null);
        }
    }

    /// <summary>Peers are looked for: nothing is known of the torrent but its name.</summary>
    public void Seeks(string name)
    {
        lock (_gate)
        {
            (_seeking, _status) = (name, null);
        }
    }

    /// <summary>Nothing comes just now.</summary>
    public void Waits(string why)
    {
        lock (_gate)
        {
            _waiting = why;
        }
    }

    /// <summary>The download of the item is over; its line goes.</summary>
    public void End()
    {
        lock (_gate)
        {
            _item = null;
            _output = null;
            _seeking = null;
            Clear();
        }
    }

    /// <summary>A sentence of its own line.</summary>
    public void Say(string sentence)
    {
        lock (_gate)
        {
            Clear();
            _text.WriteLine(sentence);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _drawing;
        _stop.Dispose();
        End();
    }

    private async Task DrawAsync()
    {
        using var tick = new PeriodicTimer(DrawInterval, _time);
        var (asked, written) = (_time.GetTimestamp(), _time.GetTimestamp());
        try
        {
            while (await tick.WaitForNextTickAsync(_stop.Token))
            {
                if (_time.GetElapsedTime(asked) > AskInterval)
                {
                    asked = _time.GetTimestamp();
                    await AskAsync();
                }

                if (_terminal is not null)
                {
                    Draw();
                }
                else
                {
                    var line = Facts() is { } facts ? ProgressText.Line(facts) : Seeking();
                    if (line is not null && _time.GetElapsedTime(written) > PlainInterval)
                    {
                        written = _time.GetTimestamp();
                        Say(line);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The verb ends.
        }
    }

    private async Task AskAsync()
    {
        GetItem? item;
        NodeClient? node;
        bool seeks;
        lock (_gate)
        {
            item = _item;
            node = _seat.Client;
            seeks = _seeking is not null;
        }

        if (node is null || (item is null && !seeks))
        {
            return;
        }

        try
        {
            if (item is null)
            {
                var status = await node.GetAsync("/api/v1/status", ControlJson.Default.StatusView, _stop.Token);
                lock (_gate)
                {
                    _status = status.Value ?? _status;
                }

                return;
            }

            var answer = await node.GetAsync("/api/v1/resources", ControlJson.Default.IReadOnlyListResourceView, _stop.Token);
            lock (_gate)
            {
                _resource = answer.Value?.FirstOrDefault(r => r.Url == item.Source) ?? answer.Value?.FirstOrDefault(r => item.Infohash is { } id && r.Infohash == id) ?? _resource;
            }
        }
        catch (ObjectDisposedException)
        {
            // The node was replaced just now; the next look asks the new one.
        }
    }

    private void Draw()
    {
        var facts = Facts();
        var seeking = facts is null ? Seeking() : null;
        if (facts is null && seeking is null)
        {
            return;
        }

        lock (_gate)
        {
            if (_item is null && _seeking is null)
            {
                return;
            }

            var line = facts is null ? ProgressText.Fit(seeking!, Terminal.Columns) : ProgressText.Bar(facts, Terminal.Columns, _terminal!.HasColour);
            _text.Write("\r" + line.PadRight(_drawn));
            _text.Flush();
            _drawn = line.Length;
        }
    }

    private ProgressFacts? Facts()
    {
        lock (_gate)
        {
            if (_item is not { } item || _output is not { } output)
            {
                return null;
            }

            var now = _time.GetTimestamp();
            var bytes = output.Bytes;
            _samples.Enqueue((now, bytes));
            while (_samples.Count > 2 && _time.GetElapsedTime(_samples.Peek().At, now) > RateWindow)
            {
                _samples.Dequeue();
            }

            var first = _samples.Peek();
            var seconds = _time.GetElapsedTime(first.At, now).TotalSeconds;
            return new(
                item.Label, bytes, _total, seconds > 0 ? Math.Max(0, bytes - first.Bytes) / seconds : 0, _resource?.Peers ?? 0,
                _resource?.BytesBySource ?? new BytesBySource(), _resource?.VerifiedBytes ?? 0, _waiting);
        }
    }

    private string? Seeking()
    {
        lock (_gate)
        {
            return _seeking is { } name && _status is { } status ? ProgressText.Seeking(name, status.Dht) : null;
        }
    }

    private void Clear()
    {
        if (_drawn > 0)
        {
            _text.Write("\r" + new string(' ', _drawn) + "\r");
            _text.Flush();
            _drawn = 0;
        }
    }
}
