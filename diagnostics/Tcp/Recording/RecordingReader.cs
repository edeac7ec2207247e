using System.Buffers.Binary;
using System.Text;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Reads a recording, as far as it is whole. Whatever the bytes are, the answer is readings or a sentence.</summary>
public sealed class RecordingReader : IDisposable
{
    private const int MaxColumns = 63;

    private readonly Stream _stream;
    private readonly Dictionary<SocketKey, ConnectionName> _names = [];
    private readonly List<Slot?> _slots = [];
    private readonly Dictionary<ulong, long[]> _traces = [];
    private readonly long[] _host = new long[HostColumns.Count];
    private readonly byte[] _blockHeader = new byte[RecordingFormat.BlockHeaderBytes];
    private byte[] _payload = [];
    private int[] _sampleColumns = [];
    private int[] _traceColumns = [];
    private int[] _hostColumns = [];
    private long _atMicros;

    private RecordingReader(Stream stream) => _stream = stream;

    public RecordingHeader Header { get; private set; } = new("", "", "", default, []);

    public RecordingEnd End { get; private set; }

    public int Readings { get; private set; }

    /// <summary>Whole bytes so far.</summary>
    public long Bytes { get; private set; }

    public IReadOnlyDictionary<SocketKey, ConnectionName> Names => _names;

    /// <summary>True when a file begins as a recording does.</summary>
    public static bool IsRecording(ReadOnlySpan<byte> start) =>
        start.Length >= RecordingFormat.Magic.Length - 1 && start[..(RecordingFormat.Magic.Length - 1)].SequenceEqual(RecordingFormat.Magic[..^1]);

    /// <summary>Opens a recording; null with the reason when it is none.</summary>
    /// <param name="stream">Belongs to the reader from here on, also when it is refused.</param>
    public static RecordingReader? TryOpen(Stream stream, out string? problem)
    {
        var reader = new RecordingReader(stream);
        problem = reader.Start();
        if (problem is null)
        {
            return reader;
        }

        reader.Dispose();
        return null;
    }

    /// <summary>The next reading; false at the end, which <see cref="End"/> tells.</summary>
    public bool TryRead(Reading into)
    {
        while (End == RecordingEnd.NotReached && TryBlock(out var kind, out var payload))
        {
            switch (kind)
            {
                case BlockKind.End:
                    End = RecordingEnd.Clean;
                    return false;
                case BlockKind.Names:
                    End = TryNames(payload) ? End : RecordingEnd.Damaged;
                    break;
                case BlockKind.Containers:
                    End = TryContainers(payload) ? End : RecordingEnd.Damaged;
                    break;
                case BlockKind.Reading when TryReading(payload, into):
                    Readings++;
                    return true;
                case BlockKind.Reading:
                    End = RecordingEnd.Damaged;
                    break;
                default:
                    // A kind of a later version: what it holds does not change the readings.
                    break;
            }
        }

        return false;
    }

    /// <summary>The findings with the owners and labels that the recording names.</summary>
    public IReadOnlyList<Finding> AddNames(IReadOnlyList<Finding> findings) =>
        [.. findings.Select(f => f.Socket is { } s && _names.TryGetValue(s.Key, out var name) ? f with { Owner = name.Owner, Label = name.Label } : f)];

    public void Dispose() => _stream.Dispose();

    private string? Start()
    {
        var start = new byte[RecordingFormat.Magic.Length];
        try
        {
            if (_stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !IsRecording(start))
            {
                return "it is no recording of this program";
            }
        }
        catch (IOException e)
        {
            return e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        }

        if (start[^1] != RecordingFormat.Version)
        {
            return $"it is a recording of format {start[^1]}, and this program reads format {RecordingFormat.Version}";
        }

        Bytes = start.Length;
        if (!TryBlock(out var kind, out var payload) || kind != BlockKind.Header || RecordingHeader.TryParse(payload) is not { } header
            || header.SampleColumnNames.Count > MaxColumns || header.TraceColumnNames.Count > MaxColumns || header.HostColumnNames.Count > MaxColumns)
        {
            return "the recording ends, or is damaged, within its first block; nothing of it can be read";
        }

        Header = header;
        _sampleColumns = Places(header.SampleColumnNames, SampleColumns.Names);
        _traceColumns = Places(header.TraceColumnNames, TraceColumns.Names);
        _hostColumns = Places(header.HostColumnNames, HostColumns.Names);
        return null;
    }

    // A column that this program does not know has no place: it is read and passed over.
    private static int[] Places(IReadOnlyList<string> inFile, string[] known) => [.. inFile.Select(n => Array.IndexOf(known, n))];

    private bool TryBlock(out BlockKind kind, out ReadOnlyMemory<byte> payload)
    {
        (kind, payload) = (default, default);
        try
        {
            var read = _stream.ReadAtLeast(_blockHeader, _blockHeader.Length, throwOnEndOfStream: false);
            if (read < _blockHeader.Length)
            {
                End = RecordingEnd.Cut;
                return false;
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(_blockHeader.AsSpan(1));
            if (length is < 0 or > RecordingFormat.MaxBlockBytes)
            {
                End = RecordingEnd.Damaged;
                return false;
            }

            if (!TryFill(length))
            {
                End = RecordingEnd.Cut;
                return false;
            }

            payload = _payload.AsMemory(0, length);
            if (RecordingFormat.Checksum(_blockHeader[0], payload.Span) != BinaryPrimitives.ReadUInt32LittleEndian(_blockHeader.AsSpan(5)))
            {
                End = RecordingEnd.Damaged;
                return false;
            }

            kind = (BlockKind)_blockHeader[0];
            Bytes += _blockHeader.Length + length;
            return true;
        }
        catch (IOException)
        {
            End = RecordingEnd.Cut;
            return false;
        }
    }

    // The buffer grows with what is there, not with what a damaged length promises.
    private bool TryFill(int length)
    {
        const int Step = 1 << 20;
        for (var have = 0; have < length;)
        {
            var want = Math.Min(length, have + Step);
            if (_payload.Length < want)
            {
                Array.Resize(ref _payload, Math.Max(want, Math.Min(length, _payload.Length * 2)));
            }

            if (_stream.ReadAtLeast(_payload.AsSpan(have, want - have), want - have, throwOnEndOfStream: false) < want - have)
            {
                return false;
            }

            have = want;
        }

        return true;
    }

    private bool TryReading(ReadOnlyMemory<byte> payload, Reading into)
    {
        var p = payload.Span;
        if (!Varint.TryRead(ref p, out ulong whole) || !Varint.TryRead(ref p, out long elapsed))
        {
            return false;
        }

        var at = unchecked(_atMicros + elapsed);
        into.Begin(at, whole == 1);
        if (!TryChanged(ref p, _host, _hostColumns))
        {
            return false;
        }

        HostColumns.Write(_host, into.Host);
        if (!TryGone(ref p) || !TrySockets(ref p, into) || !TryTraces(ref p, into) || !TryCollapses(ref p, into))
        {
            return false;
        }

        _atMicros = at;
        return true;
    }

    private bool TryGone(ref ReadOnlySpan<byte> p)
    {
        if (!Varint.TryRead(ref p, out ulong count))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            if (!Varint.TryRead(ref p, out ulong number) || number >= (ulong)_slots.Count || _slots[(int)number] is not { } slot)
            {
                return false;
            }

            _traces.Remove(slot.Key.Cookie);
            _slots[(int)number] = null;
        }

        return true;
    }

    private bool TrySockets(ref ReadOnlySpan<byte> p, Reading into)
    {
        if (!Varint.TryRead(ref p, out ulong count))
        {
            return false;
        }

        Span<long> known = stackalloc long[SampleColumns.Count];
        var number = -1L;
        for (; count > 0; count--)
        {
            if (!Varint.TryRead(ref p, out long gap) || !Varint.TryRead(ref p, out ulong mask) || !TrySlot(ref p, number + gap + 1, mask, out var slot))
            {
                return false;
            }

            number += gap + 1;
            for (var i = 0; i < _sampleColumns.Length; i++)
            {
                var place = _sampleColumns[i];
                var before = place < 0 ? 0 : RecordingWriter.Predicted(slot.Values, place, into.AtMicros - slot.AtMicros);
                var change = 0L;
                if ((mask >> i & 1) != 0 && !Varint.TryRead(ref p, out change))
                {
                    return false;
                }

                if (place >= 0)
                {
                    known[place] = unchecked(before + change);
                }
            }

            known.CopyTo(slot.Values);
            slot.AtMicros = into.AtMicros;
            slot.SeenIn = Readings + 1;
            into.Sockets.Add(SampleColumns.Sample(slot.Key, into.AtMicros, slot.Values));
        }

        if (into.IsWhole)
        {
            AddUnchanged(into);
        }

        return true;
    }

    private void AddUnchanged(Reading into)
    {
        foreach (var slot in _slots)
        {
            if (slot is null || slot.SeenIn == Readings + 1)
            {
                continue;
            }

            slot.Values[SampleColumns.SinceData] = RecordingWriter.Predicted(slot.Values, SampleColumns.SinceData, into.AtMicros - slot.AtMicros);
            slot.AtMicros = into.AtMicros;
            into.Sockets.Add(SampleColumns.Sample(slot.Key, into.AtMicros, slot.Values));
        }
    }

    private bool TrySlot(ref ReadOnlySpan<byte> p, long number, ulong mask, out Slot slot)
    {
        slot = null!;
        if (number < 0 || number > _slots.Count)
        {
            return false;
        }

        if ((mask >> _sampleColumns.Length & 1) == 0)
        {
            slot = number < _slots.Count ? _slots[(int)number]! : null!;
            return slot is not null;
        }

        if (!TryKey(ref p, out var key) || (number < _slots.Count && _slots[(int)number] is not null))
        {
            return false;
        }

        slot = new Slot(key);
        if (number == _slots.Count)
        {
            _slots.Add(slot);
        }
        else
        {
            _slots[(int)number] = slot;
        }

        return true;
    }

    private bool TryTraces(ref ReadOnlySpan<byte> p, Reading into)
    {
        if (!Varint.TryRead(ref p, out ulong count))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            if (!Varint.TryRead(ref p, out ulong cookie))
            {
                return false;
            }

            if (!_traces.TryGetValue(cookie, out var values))
            {
                _traces.Add(cookie, values = new long[TraceColumns.Count]);
            }

            if (!TryChanged(ref p, values, _traceColumns))
            {
                return false;
            }

            into.Traces.Add(TraceColumns.Trace(cookie, values));
        }

        return true;
    }

    private static bool TryCollapses(ref ReadOnlySpan<byte> p, Reading into)
    {
        if (!Varint.TryRead(ref p, out ulong count))
        {
            return false;
        }

        Span<long> n = stackalloc long[7];
        for (; count > 0; count--)
        {
            if (!Varint.TryRead(ref p, out ulong cookie))
            {
                return false;
            }

            for (var i = 0; i < n.Length; i++)
            {
                if (!Varint.TryRead(ref p, out n[i]))
                {
                    return false;
                }
            }

            into.Collapses.Add(new CollapseEvent(unchecked(into.AtMicros + n[0]), cookie, n[1], n[2], n[3], n[4], n[5], n[6]));
        }

        return true;
    }

    private static bool TryChanged(ref ReadOnlySpan<byte> p, Span<long> values, int[] places)
    {
        if (!Varint.TryRead(ref p, out ulong mask))
        {
            return false;
        }

        for (var i = 0; i < places.Length; i++)
        {
            if ((mask >> i & 1) == 0)
            {
                continue;
            }

            if (!Varint.TryRead(ref p, out long change))
            {
                return false;
            }

            if (places[i] >= 0)
            {
                values[places[i]] = unchecked(values[places[i]] + change);
            }
        }

        return true;
    }

    private bool TryNames(ReadOnlyMemory<byte> payload)
    {
        var p = payload.Span;
        if (!Varint.TryRead(ref p, out ulong count))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            if (!TryKey(ref p, out var key) || !Varint.TryRead(ref p, out ulong pid)
                || !TryText(ref p, out var process) || !TryText(ref p, out var role) || !TryText(ref p, out var subject))
            {
                return false;
            }

            _names[key] = new ConnectionName(
                key,
                pid is > 0 and <= int.MaxValue ? new SocketOwner((int)pid, process) : null,
                role.Length > 0 ? new SocketLabel(role, subject) : null);
        }

        return true;
    }

    private bool TryContainers(ReadOnlyMemory<byte> payload)
    {
        var p = payload.Span;
        if (!Varint.TryRead(ref p, out ulong count))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            if (!TryKey(ref p, out var key) || !TryText(ref p, out var container))
            {
                return false;
            }

            if (_names.TryGetValue(key, out var name) && name.Owner is { } owner)
            {
                _names[key] = name with { Owner = owner with { Container = container } };
            }
        }

        return true;
    }

    private static bool TryKey(ref ReadOnlySpan<byte> p, out SocketKey key)
    {
        key = default;
        if (!Varint.TryRead(ref p, out ulong cookie) || !Varint.TryRead(ref p, out ulong families)
            || !TryEnd(ref p, (families & 1) != 0, out var local) || !TryEnd(ref p, (families & 2) != 0, out var remote))
        {
            return false;
        }

        key = new SocketKey(cookie, local, remote);
        return true;
    }

    private static bool TryEnd(ref ReadOnlySpan<byte> p, bool v6, out SocketEnd end)
    {
        end = default;
        if (!Varint.TryRead(ref p, out ulong port) || port > ushort.MaxValue)
        {
            return false;
        }

        if (!v6)
        {
            var read = Varint.TryRead(ref p, out ulong address) && address <= uint.MaxValue;
            end = new SocketEnd(address, false, (int)port);
            return read;
        }

        if (p.Length < 16)
        {
            return false;
        }

        end = new SocketEnd(BinaryPrimitives.ReadUInt128LittleEndian(p), true, (int)port);
        p = p[16..];
        return true;
    }

    private static bool TryText(ref ReadOnlySpan<byte> p, out string text)
    {
        text = "";
        if (!Varint.TryRead(ref p, out ulong length) || length > (ulong)p.Length)
        {
            return false;
        }

        text = Encoding.UTF8.GetString(p[..(int)length]);
        p = p[(int)length..];
        return true;
    }

    /// <summary>A connection of the recording, with the numbers last read.</summary>
    private sealed class Slot(SocketKey key)
    {
        public SocketKey Key { get; } = key;

        public int SeenIn { get; set; }

        public long AtMicros { get; set; }

        public long[] Values { get; } = new long[SampleColumns.Count];
    }
}
