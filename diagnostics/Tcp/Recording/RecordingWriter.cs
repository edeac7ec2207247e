using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Writes readings to a file as they are made: of each connection what changed since the reading before.</summary>
/// <remarks>Every block reaches the kernel before the next reading begins, so a killed program leaves all of them.</remarks>
public sealed class RecordingWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly ByteBuilder _block = new();
    private readonly ByteBuilder _body = new();
    private readonly Dictionary<SocketKey, Slot> _slots = [];
    private readonly Dictionary<ulong, long[]> _traces = [];
    private readonly long[] _host = new long[HostColumns.Count];
    private readonly List<SocketKey> _gone = [];
    private readonly Stack<int> _free = [];
    private int _nextSlot;
    private long _atMicros;

    /// <param name="stream">Belongs to the writer from here on, and must not hold bytes back.</param>
    public RecordingWriter(Stream stream, RecordingHeader header)
    {
        _stream = stream;
        _block.Begin(BlockKind.Header);
        _block.Raw(header.ToJson());
        Problem = TryWrite(() =>
        {
            _stream.Write(RecordingFormat.Magic);
            Bytes += RecordingFormat.Magic.Length;
        });
        Flush();
    }

    /// <summary>Why nothing is written any more: a full disk, say. Null while all is well.</summary>
    public string? Problem { get; private set; }

    public long Bytes { get; private set; }

    public int Readings { get; private set; }

    /// <summary>Creates the file; null with the reason when that cannot be.</summary>
    public static RecordingWriter? TryCreate(string path, RecordingHeader header, out string? problem)
    {
        FileStream? file = null;
        problem = TryWrite(() => file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0));
        if (problem is not null)
        {
            return null;
        }

        var writer = new RecordingWriter(file!, header);
        problem = writer.Problem;
        return problem is null ? writer : null;
    }

    public void Write(Reading reading)
    {
        if (Problem is not null)
        {
            return;
        }

        Readings++;
        _block.Begin(BlockKind.Reading);
        _block.Unsigned(reading.IsWhole ? 1u : 0);
        _block.Signed(reading.AtMicros - _atMicros);
        WriteHost(reading.Host);
        WriteSockets(reading);
        WriteTraces(reading.Traces.Items);
        WriteCollapses(reading);
        _atMicros = reading.AtMicros;
        Flush();
    }

    public void Write(IReadOnlyCollection<ConnectionName> names)
    {
        if (Problem is not null || names.Count == 0)
        {
            return;
        }

        _block.Begin(BlockKind.Names);
        _block.Unsigned((ulong)names.Count);
        foreach (var (key, owner, label) in names)
        {
            WriteKey(_block, key);
            _block.Unsigned((ulong)(owner?.ProcessId ?? 0));
            _block.Text(owner?.Name ?? "");
            _block.Text(label?.Role ?? "");
            _block.Text(label?.Subject ?? "");
        }

        Flush();
        WriteContainers([.. names.Where(static n => n.Owner?.Container is not null)]);
    }

    private void WriteContainers(List<ConnectionName> contained)
    {
        if (contained.Count == 0)
        {
            return;
        }

        _block.Begin(BlockKind.Containers);
        _block.Unsigned((ulong)contained.Count);
        foreach (var (key, owner, _) in contained)
        {
            WriteKey(_block, key);
            _block.Text(owner!.Container!);
        }

        Flush();
    }

    public void Dispose()
    {
        if (Problem is null)
        {
            _block.Begin(BlockKind.End);
            Flush();
        }

        _stream.Dispose();
    }

    private static string? TryWrite(Action write)
    {
        try
        {
            write();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return e is UnauthorizedAccessException ? "permission denied" : e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        }
    }

    private static void WriteKey(ByteBuilder into, in SocketKey key)
    {
        into.Unsigned(key.Cookie);
        into.Unsigned((key.Local.IsIPv6 ? 1u : 0) | (key.Remote.IsIPv6 ? 2u : 0));
        foreach (var end in (ReadOnlySpan<SocketEnd>)[key.Local, key.Remote])
        {
            into.Unsigned((ulong)end.Port);
            if (end.IsIPv6)
            {
                into.Fixed(end.Address);
            }
            else
            {
                into.Unsigned((ulong)end.Address);
            }
        }
    }

    private void Flush()
    {
        _block.End();
        Problem ??= TryWrite(() => _stream.Write(_block.Written));
        Bytes += Problem is null ? _block.Length : 0;
    }

    private void WriteHost(HostSample host)
    {
        Span<long> now = stackalloc long[HostColumns.Count];
        HostColumns.Read(host, now);
        WriteChanged(_block, now, _host);
    }

    private void WriteSockets(Reading reading)
    {
        Span<long> now = stackalloc long[SampleColumns.Count];
        _body.Begin(BlockKind.Reading);
        var count = 0;
        var at = -1;
        foreach (ref readonly var sample in reading.Sockets.Samples)
        {
            SampleColumns.Read(sample, reading.AtMicros, now);
            var isNew = !_slots.TryGetValue(sample.Key, out var slot);
            if (isNew)
            {
                slot = new Slot(_free.TryPop(out var free) ? free : _nextSlot++);
                _slots.Add(sample.Key, slot);
            }
            else if (slot!.SeenIn == Readings)
            {
                // The kernel named it twice in one sweep.
                continue;
            }

            slot!.SeenIn = Readings;
            var mask = isNew ? 1ul << SampleColumns.Count : 0;
            for (var i = 0; i < SampleColumns.Count; i++)
            {
                var predicted = Predicted(slot.Values, i, reading.AtMicros - slot.AtMicros);
                mask |= now[i] != predicted ? 1ul << i : 0;
            }

            if (mask != 0 || !reading.IsWhole)
            {
                count++;
                _body.Signed(slot.Number - at - 1);
                at = slot.Number;
                _body.Unsigned(mask);
                if (isNew)
                {
                    WriteKey(_body, sample.Key);
                }

                for (var i = 0; i < SampleColumns.Count; i++)
                {
                    if ((mask >> i & 1) != 0)
                    {
                        _body.Signed(unchecked(now[i] - Predicted(slot.Values, i, reading.AtMicros - slot.AtMicros)));
                    }
                }
            }

            now.CopyTo(slot.Values);
            slot.AtMicros = reading.AtMicros;
        }

        WriteGone(reading.IsWhole);
        _block.Unsigned((ulong)count);
        _block.Raw(_body.Written[RecordingFormat.BlockHeaderBytes..]);
    }

    /// <summary>The numbers of the connections that ended; a later reading may use them again.</summary>
    private void WriteGone(bool whole)
    {
        if (whole)
        {
            foreach (var (key, slot) in _slots)
            {
                if (slot.SeenIn != Readings)
                {
                    _gone.Add(key);
                }
            }
        }

        _block.Unsigned((ulong)_gone.Count);
        foreach (var key in _gone)
        {
            _slots.Remove(key, out var slot);
            _traces.Remove(key.Cookie);
            _free.Push(slot!.Number);
            _block.Unsigned((ulong)slot.Number);
        }

        _gone.Clear();
    }

    private void WriteTraces(ReadOnlySpan<SocketTrace> traces)
    {
        Span<long> now = stackalloc long[TraceColumns.Count];
        _block.Unsigned((ulong)traces.Length);
        foreach (ref readonly var trace in traces)
        {
            if (!_traces.TryGetValue(trace.Cookie, out var before))
            {
                _traces.Add(trace.Cookie, before = new long[TraceColumns.Count]);
            }

            TraceColumns.Read(trace, now);
            _block.Unsigned(trace.Cookie);
            WriteChanged(_block, now, before);
        }
    }

    private void WriteCollapses(Reading reading)
    {
        _block.Unsigned((ulong)reading.Collapses.Count);
        foreach (ref readonly var c in reading.Collapses.Items)
        {
            _block.Unsigned(c.Cookie);
            _block.Signed(c.AtMicros - reading.AtMicros);
            _block.Signed(c.DurationNanos);
            _block.Signed(c.SkbsBefore);
            _block.Signed(c.SkbsAfter);
            _block.Signed(c.RmemBeforeBytes);
            _block.Signed(c.RmemAfterBytes);
            _block.Signed(c.RcvbufBytes);
        }
    }

    internal static long Predicted(ReadOnlySpan<long> before, int column, long elapsedMicros) =>
        // Nothing came: the time since data grows as the clock does, in the kernel's milliseconds.
        column == SampleColumns.SinceData && before[column] > 0 ? before[column] + (elapsedMicros / 1000 * 1000) : before[column];

    private static void WriteChanged(ByteBuilder into, ReadOnlySpan<long> now, Span<long> before)
    {
        var mask = 0ul;
        for (var i = 0; i < now.Length; i++)
        {
            mask |= now[i] != before[i] ? 1ul << i : 0;
        }

        into.Unsigned(mask);
        for (var i = 0; i < now.Length; i++)
        {
            if ((mask >> i & 1) != 0)
            {
                into.Signed(unchecked(now[i] - before[i]));
                before[i] = now[i];
            }
        }
    }

    /// <summary>A connection's place in the recording, with the numbers last written.</summary>
    private sealed class Slot(int number)
    {
        public int Number { get; } = number;

        public int SeenIn { get; set; }

        public long AtMicros { get; set; }

        public long[] Values { get; } = new long[SampleColumns.Count];
    }
}
