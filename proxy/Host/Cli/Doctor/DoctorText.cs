using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Swarm.Proxy.Cli;

/// <summary>The lines of <c>doctor</c> for people and for scripts.</summary>
internal static class DoctorText
{
    public static IEnumerable<string> Lines(IReadOnlyList<DoctorLine> lines)
    {
        foreach (var line in lines)
        {
            yield return $"{Word(line.Outcome),-5} {line.Topic,-6} {line.Says}";
            if (line.Fix is { } fix)
            {
                yield return $"{"",-12} → {fix}";
            }
        }

        var (bad, hints) = (lines.Count(static l => l.Outcome == DoctorOutcome.Bad), lines.Count(static l => l.Outcome == DoctorOutcome.Hint));
        yield return (bad, hints) switch
        {
            (0, 0) => "All is well.",
            (0, _) => string.Create(CultureInfo.InvariantCulture, $"It works; {hints} of {lines.Count} could be better."),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bad} of {lines.Count} must be mended."),
        };
    }

    public static string Json(IReadOnlyList<DoctorLine> lines)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("schema", "swarmstream.doctor/1");
            json.WriteStartArray("checks");
            foreach (var line in lines)
            {
                json.WriteStartObject();
                json.WriteString("topic", line.Topic);
                json.WriteString("outcome", Word(line.Outcome));
                json.WriteString("says", line.Says);
                json.WriteString("fix", line.Fix);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Word(DoctorOutcome outcome) => outcome switch
    {
        DoctorOutcome.Good => "ok",
        DoctorOutcome.Hint => "hint",
        _ => "BAD",
    };
}
