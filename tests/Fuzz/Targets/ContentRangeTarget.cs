using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>Content-Range (RFC 9110 §14.4): what is read lies inside its total and is written to the same.</summary>
public sealed class ContentRangeTarget : IFuzzTarget
{
    public string Name => "content-range";

    public IReadOnlyList<byte[]> Corpus { get; } = HttpText.Bytes("bytes 0-4/10", "bytes 0-4/*", "bytes */10", "bytes 9223372036854775805-9223372036854775806/9223372036854775807");

    public IReadOnlyList<byte[]> Tokens { get; } = HttpText.Bytes("bytes ", "-", "/", "*", "0", "9223372036854775807", "18446744073709551616");

    public void Run(ReadOnlyMemory<byte> input)
    {
        if (!ContentRange.TryParse(HttpText.Of(input), out var value))
        {
            return;
        }

        FuzzFailure.Unless(value.Range is not { } r || (r.Length > 0 && r.End > r.Offset && (value.Total is null || r.End <= value.Total)), "a range lies inside its total");
        FuzzFailure.Unless(value.Range is not null || value.Total is not null, "something is said");
        FuzzFailure.Unless(ContentRange.TryParse(value.ToString(), out var again) && again == value, "write → read gives the value");
    }
}
