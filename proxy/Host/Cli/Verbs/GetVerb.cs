using System.CommandLine;
using Swarm.Engine.Receipts;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary><c>get</c>: downloads, with every byte verified or the origin's, and says where the bytes came from.</summary>
internal sealed class GetVerb(SettingOptions options, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
{
    private readonly Argument<string[]> _targets = new("URL|MAGNET|FILE.torrent") { Description = "What to download.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _list = new("--input", "-i") { HelpName = "LIST", Description = "Read more addresses from LIST, one a line; - is standard input." };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "FILE|-", Description = "Write to FILE, replacing it; several files go into a folder of that name. - is standard output." };
    private readonly Option<string> _sha256 = new("--sha256") { HelpName = "HEX", Description = "Fail unless the file has this SHA-256." };
    private readonly Option<bool> _json = new("--json") { Description = "Print each receipt as one line of JSON (to stderr with -o -)." };

    public Command Build()
    {
        var verb = new Command("get", "Download a URL, a magnet link or a torrent; a partial file is gone on with.") { _targets, _list, _output, _sha256, _json };
        options.AddTo(verb, WorkSettings.Names);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var loaded = options.Load(parsed, surroundings);
        if (loaded.Problem is { } wrong)
        {
            return Fail(wrong, ExitCode.Usage);
        }

        var (request, problem) = await GetRequest.ReadAsync(
            parsed.GetValue(_targets) ?? [], parsed.GetValue(_list), parsed.GetValue(_output), parsed.GetValue(_sha256), parsed.GetValue(_json), surroundings, cancellation);
        if (request is null)
        {
            return Fail(problem!, ExitCode.Usage);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var listening = signals.Listen(stop: stop.Cancel, reload: static () => { });
        await using var seat = new NodeSeat(loaded, surroundings, parts);
        try
        {
            if (await seat.TakeAsync(stop.Token) is { } noNode)
            {
                return Fail(noNode, ExitCode.Failure);
            }

            return await FetchAllAsync(request, seat, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Fail("Stopped. The same command goes on where this one ended.", ExitCode.Interrupted);
        }
    }

    private async Task<int> FetchAllAsync(GetRequest request, NodeSeat seat, CancellationToken cancellation)
    {
        await using var progress = new GetProgress(seat, surroundings);
        var failed = 0;
        var fetched = new List<ReceiptView>();
        var plan = await GetPlan.MakeAsync(request, seat, surroundings, progress, cancellation);
        foreach (var (item, path) in plan.Files)
        {
            if (await FetchAsync(request, item, path, seat, progress, cancellation) is { } receipt)
            {
                fetched.Add(receipt);
            }
            else
            {
                failed++;
            }
        }

        if (seat.IsOwn && seat.Status.SwarmHosts.Count == 0 && plan.HasUrls && fetched.Count > 0 && fetched.All(r => r.BytesBySource.Peer == 0))
        {
            progress.Say("Hint: all bytes came from the origin. If the site publishes a torrent, allow its swarm with --swarm-host HOST.");
        }

        return failed + plan.Refused == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>The receipt of a whole file; null after a sentence why there is none.</summary>
    private async Task<ReceiptView?> FetchAsync(GetRequest request, GetItem item, string? path, NodeSeat seat, GetProgress progress, CancellationToken cancellation)
    {
        GetOutput output;
        try
        {
            output = path is null ? new StreamOutput(Console.OpenStandardOutput(), "standard output")
                : path.StartsWith("/dev/", StringComparison.Ordinal) ? new StreamOutput(new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite), path)
                : await PartFile.OpenAsync(path, item.Source, TimeProvider.System, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            progress.Say($"{path} cannot be written: {ErrorText.Of(e)}.");
            return null;
        }

        await using (output)
        {
            var kept = true;
            try
            {
                if (output.ResumedBytes > 0)
                {
                    progress.Say($"{item.Label}: going on after {PlainUnits.Size(output.ResumedBytes)} of an earlier run.");
                }

                var end = await new GetDownload(seat, item, output, progress).RunAsync(cancellation);
                progress.End();
                if (!end.IsWhole)
                {
                    progress.Say(end.Problem! + (output.Bytes > 0 && output.Tag is not null && path is not null ? " The same command goes on where this one ended." : ""));
                    return null;
                }

                if (request.Sha256 is { } wanted && wanted != output.Sha256)
                {
                    progress.Say($"{item.Label}: the SHA-256 is {output.Sha256}, not {wanted} as --sha256 says{(path is null ? "." : "; the file is not kept.")}");
                    kept = false;
                    return null;
                }

                await output.FinishAsync(cancellation);
                return Report(request, item, output, path, end, progress);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                progress.Say($"{output.Name} cannot be written: {ErrorText.Of(e)}.");
                return null;
            }
            finally
            {
                End(output, kept);
            }
        }
    }

    private ReceiptView Report(GetRequest request, GetItem item, GetOutput output, string? path, GetEnd end, GetProgress progress)
    {
        if (end.Receipts.Count == 0)
        {
            // All of it was here from an earlier run, and the source says that there is no more.
            progress.Say($"{item.Label}: already whole, {PlainUnits.Size(output.Bytes)}.");
            return new("", item.Source, new(output.Tag, output.Bytes, null), 0, new(), 0, "L0", false, 0, 0, [], new(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, null, 0), ReceiptStalls.None, ReceiptOutcome.Complete);
        }

        var receipt = ReceiptSum.Of(end.Receipts);
        progress.Say(ReceiptLine.Format(receipt));
        if (request.Json)
        {
            (path is null ? surroundings.Error : surroundings.Out).WriteLine(ReceiptSum.Json(receipt, output, path));
        }

        return receipt;
    }

    private static void End(GetOutput output, bool kept)
    {
        try
        {
            if (kept)
            {
                output.Keep();
            }
            else
            {
                output.Discard();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk that failed the download fails its record too: the next run begins again.
        }
    }

    private int Fail(string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }
}
