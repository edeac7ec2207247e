using Microsoft.Win32.SafeHandles;

namespace Swarm.Proxy.Cache;

/// <summary>One file of records, written at its end only. Reads may come from any thread; one thread appends.</summary>
internal sealed class AnswerSegment : IDisposable
{
    private readonly SafeFileHandle _file;

    private AnswerSegment(int number, string path, SafeFileHandle file, long length) => (Number, Path, _file, Length) = (number, path, file, length);

    public int Number { get; }

    public string Path { get; }

    /// <summary>Bytes of whole records.</summary>
    public long Length { get; private set; }

    public static string NameOf(int number) => $"answers-{number:D8}.seg";

    /// <summary>The number in a file's name; null for a file that is none of these.</summary>
    public static int? NumberOf(string path) =>
        System.IO.Path.GetFileName(path) is { Length: 20 } name && name.StartsWith("answers-", StringComparison.Ordinal) && name.EndsWith(".seg", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(8, 8), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static AnswerSegment Open(string folder, int number)
    {
        var path = System.IO.Path.Combine(folder, NameOf(number));
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite); // what people read is theirs
        }

        return new(number, path, file, RandomAccess.GetLength(file));
    }

    /// <summary>Appends a record; where it begins.</summary>
    public AnswerPlace Append(SegmentRecordKind kind, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[SegmentRecord.HeadBytes];
        SegmentRecord.WriteHead(kind, content, head);
        RandomAccess.Write(_file, head, Length);
        RandomAccess.Write(_file, content, Length + head.Length);
        var place = new AnswerPlace(Number, Length);
        Length += head.Length + content.Length;
        return place;
    }

    /// <summary>The record that begins here; null if there is no whole one of this kind.</summary>
    public async ValueTask<byte[]?> ReadAsync(long offset, SegmentRecordKind kind, CancellationToken cancel)
    {
        var head = new byte[SegmentRecord.HeadBytes];
        if (await RandomAccess.ReadAsync(_file, head, offset, cancel).ConfigureAwait(false) != head.Length
            || SegmentRecord.ReadHead(head, Length - offset - head.Length) is not { } record || record.Kind != kind)
        {
            return null;
        }

        var content = new byte[record.Length];
        return await RandomAccess.ReadAsync(_file, content, offset + head.Length, cancel).ConfigureAwait(false) == content.Length && SegmentRecord.Holds(head, content)
            ? content
            : null;
    }

    /// <summary>
    /// All whole records of answers and of forgetting from the start; runs of bytes are passed over and judged when they are read. What follows
    /// the last whole record, a crash left, and it is cut off.
    /// </summary>
    public IEnumerable<(SegmentRecordKind Kind, long Offset, byte[] Content)> Scan()
    {
        var head = new byte[SegmentRecord.HeadBytes];
        var at = 0L;
        while (RandomAccess.Read(_file, head, at) == head.Length && SegmentRecord.ReadHead(head, Length - at - head.Length) is { } record)
        {
            if (record.Kind != SegmentRecordKind.Bytes)
            {
                var content = new byte[record.Length];
                if (RandomAccess.Read(_file, content, at + head.Length) != content.Length || !SegmentRecord.Holds(head, content))
                {
                    break;
                }

                yield return (record.Kind, at, content);
            }

            at += head.Length + record.Length;
        }

        if (at < Length)
        {
            RandomAccess.SetLength(_file, at);
            Length = at;
        }
    }

    /// <summary>Brings what was appended to the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    public void Delete()
    {
        _file.Dispose();
        File.Delete(Path);
    }

    public void Dispose() => _file.Dispose();
}
