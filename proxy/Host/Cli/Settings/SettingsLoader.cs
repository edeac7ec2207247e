using System.Text.Json;
using Swarm.Proxy.Front;
using Swarm.Proxy.Observability;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Cli;

/// <summary>
/// Merges the layers, each over the one before: defaults, configuration file, environment, flags. A list given in a higher
/// layer replaces the lower one's.
/// </summary>
internal static class SettingsLoader
{
    public const string ConfigVariable = "SWARMSTREAM_CONFIG";
    private const string VariablePrefix = "SWARMSTREAM_";

    /// <summary>Variables that are no settings: this file's name, and certificate authorities to trust (<c>ExtraRoots</c>).</summary>
    private static readonly string[] OtherVariables = [ConfigVariable, ExtraRoots.Variable];

    /// <param name="flags">The settings given as flags, by name, in the order given.</param>
    /// <param name="configFile">The file that <c>--config</c> names; null looks at the usual place.</param>
    /// <param name="isProxy">False for a port that is a web site, which everybody may use.</param>
    public static LoadedSettings Load(
        IReadOnlyDictionary<string, IReadOnlyList<string>> flags, string? configFile, Surroundings surroundings, NodePaths paths, bool isProxy = true)
    {
        var loaded = new LoadedSettings(new ProxySettings());
        var named = configFile ?? surroundings.Variable(ConfigVariable);
        var file = named is null ? Path.Combine(paths.Config, "swarmstream.json") : surroundings.FullPath(named);
        if (named is not null || File.Exists(file))
        {
            ReadFile(loaded, file);
        }

        ReadEnvironment(loaded, surroundings);
        foreach (var definition in SettingTable.All)
        {
            if (flags.TryGetValue(definition.Name, out var values))
            {
                Apply(loaded, definition, values, definition.Flag, surroundings.Directory);
            }
        }

        ReadUpstream(loaded, surroundings);
        ReadOtlp(loaded, surroundings);
        var settings = loaded.Settings;
        if (settings is { Transparent: true, ProxyAuthFile: not null })
        {
            loaded.Fail($"{loaded.Given["transparent"].Where}: a client that was redirected cannot be asked for a password; use --trust-clients CIDR instead of --proxy-auth.");
        }

        if (isProxy && !EndpointText.IsLoopback(settings.Listen.Address) && settings.ProxyAuthFile is null && settings.TrustClients.Count == 0)
        {
            loaded.Fail($"{loaded.Given["listen"].Where}: other machines can reach {settings.Listen}, and this would be an open proxy; add --proxy-auth FILE or --trust-clients CIDR, or use a loopback address.");
        }

        return loaded;
    }

    /// <summary>The upstream proxy is the one thing that every tool reads from variables of its own.</summary>
    private static void ReadUpstream(LoadedSettings loaded, Surroundings surroundings)
    {
        var settings = loaded.Settings;
        if (loaded.Given.ContainsKey("upstream-proxy"))
        {
            loaded.Settings = settings with { Upstream = settings.Upstream is { } given ? given with { Bypass = UpstreamChoice.BypassOf(surroundings.Variable) } : null };
        }
        else if (UpstreamChoice.FromEnvironment(surroundings.Variable, settings.Listen, loaded.Hints.Add) is { } found)
        {
            loaded.Settings = settings with { Upstream = found };
            loaded.Hints.Add($"Origins are reached through {found.ForHttps ?? found.ForHttp}, as the variables https_proxy and http_proxy say; not so with --upstream-proxy none.");
        }
    }

    /// <summary>The variable that every instrumented program reads (OpenTelemetry, protocol exporter); the SDK reads the others of its family itself.</summary>
    private static void ReadOtlp(LoadedSettings loaded, Surroundings surroundings)
    {
        if (loaded.Given.ContainsKey("otlp-endpoint") || surroundings.Variable(OtlpEndpoint.Variable) is not { Length: > 0 } text)
        {
            return;
        }

        if (OtlpEndpoint.TryParse(text, out var endpoint))
        {
            loaded.Settings = loaded.Settings with { Otlp = endpoint };
            loaded.Hints.Add($"Metrics and traces go to {endpoint}, as {OtlpEndpoint.Variable} says; not so with --otlp-endpoint none.");
        }
        else
        {
            loaded.Fail($"{OtlpEndpoint.Variable}: {OtlpEndpoint.Refusal}");
        }
    }

    private static void ReadFile(LoadedSettings loaded, string file)
    {
        loaded.ConfigFile = file;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                MaxDepth = 4,
                AllowDuplicateProperties = false,
            });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                loaded.Fail($"{file}: the file must hold one JSON object of settings, e.g. {{ \"listen\": \"127.0.0.1:7976\" }}.");
                return;
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                ReadProperty(loaded, file, property);
            }
        }
        catch (JsonException e)
        {
            loaded.Fail($"{file}: line {e.LineNumber + 1} is not JSON; mend it there or move the file away.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            loaded.Fail($"{file}: the configuration cannot be read ({ErrorText.Of(e)}).");
        }
    }

    private static void ReadProperty(LoadedSettings loaded, string file, JsonProperty property)
    {
        if (SettingTable.Find(property.Name) is not { } definition)
        {
            var known = string.Join(", ", SettingTable.All.Select(setting => setting.Name));
            loaded.Fail($"{file}: '{property.Name}' is not a setting. Settings are: {known}.");
            return;
        }

        var values = Values(definition, property.Value);
        if (values is null)
        {
            loaded.Fail($"{file}: {definition.Name}: the value must be {Wanted(definition)}.");
        }
        else if (values.Count > 0)
        {
            Apply(loaded, definition, values, $"{file}: {definition.Name}", Path.GetDirectoryName(file) ?? ".");
        }
    }

    /// <summary>The property's values as text; none for a switch that is off; null when the type is wrong.</summary>
    private static List<string>? Values(SettingDefinition definition, JsonElement value) => (definition.Arity, value.ValueKind) switch
    {
        (SettingArity.Switch, JsonValueKind.True) => ["true"],
        (SettingArity.Switch, JsonValueKind.False) => [],
        (SettingArity.One, JsonValueKind.String) => [value.GetString()!],
        (SettingArity.One, JsonValueKind.Number) => [value.GetRawText()],
        (SettingArity.Many, JsonValueKind.String) => [value.GetString()!],
        (SettingArity.Many, JsonValueKind.Array) when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(item => item.GetString()!)],
        _ => null,
    };

    private static string Wanted(SettingDefinition definition) => definition.Arity switch
    {
        SettingArity.Switch => "true or false",
        SettingArity.One => $"a text: {definition.ValueName}",
        _ => $"a list of texts: [\"{definition.ValueName}\"]",
    };

    private static void ReadEnvironment(LoadedSettings loaded, Surroundings surroundings)
    {
        foreach (var definition in SettingTable.All)
        {
            if (surroundings.Variable(definition.Variable) is not { } text)
            {
                continue;
            }

            string[] values = definition.Arity == SettingArity.Many
                ? text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                : [text];
            if (definition.Arity == SettingArity.Switch && text is not ("1" or "true"))
            {
                if (text is not ("0" or "false"))
                {
                    loaded.Fail($"{definition.Variable}: '{text}' is not one of 1, true, 0, false.");
                }
            }
            else if (values.Length > 0)
            {
                Apply(loaded, definition, values, definition.Variable, surroundings.Directory);
            }
        }

        foreach (var name in surroundings.Variables.Keys)
        {
            if (name.StartsWith(VariablePrefix, StringComparison.Ordinal) && !OtherVariables.Contains(name)
                && SettingTable.All.All(definition => definition.Variable != name))
            {
                loaded.Hints.Add($"{name} is set but is not a setting; 'swarmstream config show' lists them.");
            }
        }
    }

    private static void Apply(LoadedSettings loaded, SettingDefinition definition, IReadOnlyList<string> values, string where, string relativeTo)
    {
        if (definition.Arity != SettingArity.Switch && values.Any(string.IsNullOrWhiteSpace))
        {
            loaded.Fail($"{where}: the value is empty; write {definition.ValueName}.");
            return;
        }

        var meant = definition.IsPath ? [.. values.Select(value => Absolute(value, relativeTo))] : values;
        var applied = definition.Apply(loaded.Settings, meant);
        if (applied.Settings is { } settings)
        {
            loaded.Settings = settings;
            loaded.Given[definition.Name] = (meant, where);
        }
        else
        {
            loaded.Fail($"{where}: {applied.Problem}");
        }
    }

    private static string Absolute(string value, string relativeTo) =>
        value.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase) ? value : Path.GetFullPath(value, relativeTo);
}
