using System.Text;
using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>What the targets of HTTP fields share: inputs are Latin-1 text, as a server hands field values on.</summary>
internal static class HttpText
{
    /// <summary>The day on which two-digit years are read.</summary>
    public static readonly DateTimeOffset Now = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    public static string Of(ReadOnlyMemory<byte> input) => Encoding.Latin1.GetString(input.Span);

    public static IReadOnlyList<byte[]> Bytes(params string[] texts) => [.. texts.Select(Encoding.Latin1.GetBytes)];

    public static HttpFields Fields(params (string Name, string Value)[] lines)
    {
        var fields = new HttpFields();
        foreach (var (name, value) in lines)
        {
            fields.Add(name, value);
        }

        return fields;
    }
}
