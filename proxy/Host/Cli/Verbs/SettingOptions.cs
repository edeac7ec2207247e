using System.CommandLine;
using System.CommandLine.Completions;

namespace Swarm.Proxy.Cli;

/// <summary>The settings as flags: texts here, meaning in <see cref="SettingTable"/>, so that flag, file and variable fail alike.</summary>
internal sealed class SettingOptions
{
    private readonly Option<string> _config = new("--config")
    {
        HelpName = "FILE",
        Description = "Read settings from FILE instead of swarmstream.json in the configuration folder.",
    };

    private readonly Dictionary<string, Option<string[]>> _values = [];
    private readonly Dictionary<string, Option<bool>> _switches = [];

    public SettingOptions()
    {
        foreach (var definition in SettingTable.All)
        {
            if (definition.Arity == SettingArity.Switch)
            {
                _switches.Add(definition.Name, new Option<bool>(definition.Flag) { Description = definition.Help, Arity = ArgumentArity.Zero });
                continue;
            }

            var many = definition.Arity == SettingArity.Many;
            _values.Add(definition.Name, new Option<string[]>(definition.Flag)
            {
                HelpName = definition.ValueName,
                Description = definition.Default == "none" ? definition.Help : $"{definition.Help} Default: {definition.Default}.",
                Arity = ArgumentArity.OneOrMore,
                AllowMultipleArgumentsPerToken = many,
                // off|reading|seed are words to complete; ADDRESS:PORT is not.
                CompletionSources = { _ => definition.ValueName?.Split('|') is [.., _, _] words && words.All(w => w.All(char.IsAsciiLetterLower)) ? words.Select(w => new CompletionItem(w)) : [] },
                Validators =
                {
                    result =>
                    {
                        if (!many && result.Tokens.Count > 1)
                        {
                            result.AddError($"{definition.Flag} is given twice; once is enough");
                        }
                    },
                },
            });
        }
    }

    public void AddTo(Command command) => AddTo(command, [.. SettingTable.All.Select(definition => definition.Name)]);

    /// <summary>One set of options serves all verbs: a flag means the same before the verb and after it.</summary>
    public void AddTo(Command command, IReadOnlyList<string> names)
    {
        command.Add(_config);
        foreach (var name in names)
        {
            command.Add(_values.TryGetValue(name, out var option) ? option : _switches[name]);
        }
    }

    /// <param name="isProxy">False for a port that is a web site: whoever reaches that may use it.</param>
    public LoadedSettings Load(ParseResult parsed, Surroundings surroundings, bool isProxy = true)
    {
        var flags = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (name, option) in _values)
        {
            if (parsed.GetValue(option) is { Length: > 0 } values)
            {
                flags.Add(name, values);
            }
        }

        foreach (var (name, option) in _switches)
        {
            if (parsed.GetValue(option))
            {
                flags.Add(name, ["true"]);
            }
        }

        return SettingsLoader.Load(flags, parsed.GetValue(_config), surroundings, NodePaths.Of(surroundings), isProxy);
    }
}
