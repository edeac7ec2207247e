using System.CommandLine;

namespace Swarm.Proxy.Cli;

/// <summary><c>doctor [--site URL] [--json]</c>: is this machine ready, and what to do where it is not.</summary>
internal static class DoctorVerb
{
    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var site = new Option<string?>("--site") { Description = "Also ask this site for one byte: does it answer as several sources need?", HelpName = "URL" };
        var json = new Option<bool>("--json") { Description = "Print it as JSON." };
        var verb = new Command("doctor", "Look at ports, disk, clock, proxy settings, CA and what TCP diagnostics can see; say what to do. Exit 1 where something must be mended.") { site, json };
        options.AddTo(verb, ["data", "listen", "control", "peer-listen", "allow-target", "upstream-proxy"]);
        verb.SetAction((parsed, cancellation) => RunAsync(options.Load(parsed, surroundings), surroundings, parsed.GetValue(site), parsed.GetValue(json), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(LoadedSettings loaded, Surroundings surroundings, string? site, bool json, CancellationToken cancellation)
    {
        if (loaded.Problem is { } wrong)
        {
            surroundings.Error.WriteLine(wrong);
            return ExitCode.Usage;
        }

        Uri? url = null;
        if (site is not null && (!Uri.TryCreate(site, UriKind.Absolute, out url) || url.Scheme is not ("http" or "https")))
        {
            surroundings.Error.WriteLine($"--site: '{site}' is not an http or https URL.");
            return ExitCode.Usage;
        }

        var facts = await new DoctorRounds(surroundings, loaded).GatherAsync(url, cancellation);
        List<DoctorLine> lines = [.. DoctorChecks.All.SelectMany(c => c.Look(facts))];
        foreach (var line in json ? [DoctorText.Json(lines)] : DoctorText.Lines(lines))
        {
            surroundings.Out.WriteLine(line);
        }

        return lines.Exists(static l => l.Outcome == DoctorOutcome.Bad) ? ExitCode.Failure : ExitCode.Success;
    }
}
