using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Swarm.Proxy.Cli;

/// <summary><c>config show</c>: every setting, its value, and which layer it came from.</summary>
internal static class ConfigVerb
{
    // For a terminal, not for a page: quotes and plus signs stay readable.
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var show = new Command("show", "Print every setting as JSON, with where its value comes from.");
        options.AddTo(show);
        show.SetAction(parsed =>
        {
            var loaded = options.Load(parsed, surroundings);
            if (loaded.Problem is { } wrong)
            {
                surroundings.Error.WriteLine(wrong);
                return ExitCode.Usage;
            }

            surroundings.Out.WriteLine(Json(loaded));
            return ExitCode.Success;
        });
        return new Command("config", "Look at the configuration.") { show };
    }

    private static string Json(LoadedSettings loaded)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("file", loaded.ConfigFile);
            json.WriteStartObject("settings");
            foreach (var definition in SettingTable.All)
            {
                var given = loaded.Given.TryGetValue(definition.Name, out var found);
                json.WriteStartObject(definition.Name);
                if (given && definition.Arity == SettingArity.Many)
                {
                    json.WriteStartArray("value");
                    foreach (var value in found.Values)
                    {
                        json.WriteStringValue(definition.Shown(value));
                    }

                    json.WriteEndArray();
                }
                else
                {
                    json.WriteString("value", given ? definition.Shown(found.Values[0]) : definition.Default);
                }

                json.WriteString("from", given ? found.Where : "default");
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
