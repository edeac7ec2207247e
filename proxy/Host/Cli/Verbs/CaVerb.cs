using System.CommandLine;
using Swarm.Proxy.Interception;

namespace Swarm.Proxy.Cli;

/// <summary><c>ca create | show | remove</c>: the local authority whose hosts the proxy opens https for.</summary>
internal sealed class CaVerb(SettingOptions options, Surroundings surroundings)
{
    /// <summary>One that ends sooner is made again even for the same hosts.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private readonly Option<string[]> _hosts = new("--host")
    {
        HelpName = "HOST",
        Description = "Open https of HOST: a name, *.NAME for all names below it, or an address. Another set of hosts is another CA.",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        Required = true,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print it as JSON." };

    public Command Build()
    {
        var create = new Command("create", "Make a CA that can sign for the named hosts only, and open their https in the proxy.") { _hosts, _json };
        var show = new Command("show", "Print the CA, and how each tool is told to trust it.") { _json };
        var remove = new Command("remove", "Delete the CA and its key; no https is opened any more.");
        create.SetAction(parsed => With(parsed, folder => Create(folder, parsed.GetValue(_hosts) ?? [], parsed.GetValue(_json))));
        show.SetAction(parsed => With(parsed, folder => Show(folder, parsed.GetValue(_json))));
        remove.SetAction(parsed => With(parsed, Remove));
        foreach (var verb in new[] { create, show, remove })
        {
            options.AddTo(verb, ["data"]);
        }

        return new Command("ca", "Open https of hosts you name, with a CA that is worthless for any other.") { create, show, remove };
    }

    private int With(ParseResult parsed, Func<AuthorityFolder, int> run)
    {
        var loaded = options.Load(parsed, surroundings);
        if (loaded.Problem is { } wrong)
        {
            return Fail(wrong, ExitCode.Usage);
        }

        var folder = new AuthorityFolder(NodePaths.Of(surroundings, loaded.Settings.DataDirectory).State);
        try
        {
            return run(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail($"{folder.Folder} cannot be written: {ErrorText.Of(e)}.", ExitCode.Failure);
        }
    }

    private int Create(AuthorityFolder folder, IReadOnlyList<string> values, bool json)
    {
        if (!InterceptedHosts.TryParse(values, out var hosts, out var problem))
        {
            return Fail($"--host: {problem}", ExitCode.Usage);
        }

        var now = DateTimeOffset.UtcNow;
        using var before = folder.Read().Authority;
        if (before is not null && before.Hosts.Texts.SequenceEqual(hosts.Texts) && before.NotAfter - now > RenewBefore)
        {
            surroundings.Error.WriteLine("There is a CA for exactly these hosts already; it stays.");
            return Print(folder, before, json);
        }

        using var made = LocalAuthority.Create(hosts, now);
        folder.Write(made);
        surroundings.Error.WriteLine(before is null
            ? "Made a CA. A running proxy uses it from the next connection on."
            : $"Made a new CA. The one before (for {string.Join(", ", before.Hosts.Texts)}, SHA-256 {before.Fingerprint}) is not used any more and its key is gone: take it out of wherever you trusted it.");
        return Print(folder, made, json);
    }

    private int Show(AuthorityFolder folder, bool json)
    {
        var (authority, problem) = folder.Read();
        using (authority)
        {
            return authority is not null ? Print(folder, authority, json)
                : Fail(problem ?? "There is no CA, and no https is opened. Make one with 'swarmstream ca create --host HOST'.", ExitCode.Failure);
        }
    }

    private int Remove(AuthorityFolder folder)
    {
        if (!folder.Exists)
        {
            return Fail("There is no CA to remove.", ExitCode.Failure);
        }

        using var before = folder.Read().Authority;
        folder.Remove();
        surroundings.Out.WriteLine($"Removed the CA and its key{(before is null ? "" : $" (SHA-256 {before.Fingerprint})")}. Take it out of wherever you trusted it.");
        return ExitCode.Success;
    }

    private int Print(AuthorityFolder folder, LocalAuthority authority, bool json)
    {
        surroundings.Out.WriteLine(json ? CaText.Json(folder, authority) : CaText.Describe(folder, authority).TrimEnd('\n'));
        return ExitCode.Success;
    }

    private int Fail(string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }
}
