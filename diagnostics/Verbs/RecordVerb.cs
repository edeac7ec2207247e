using System.CommandLine;
using System.Globalization;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>record FILE [--for TIME]</c>: writes what is measured to a file that <c>replay</c> and <c>explain</c> read, here or elsewhere.</summary>
internal static class RecordVerb
{
    public static Command Build(DiagHost host)
    {
        var file = new Argument<string>("FILE") { Description = "Where to; an existing file is replaced." };
        var verb = new Command("record", "Record every connection's memory to a file, whole up to the last reading even after kill -9. Reads only, and writes FILE.") { file };
        var watching = new WatchOptions(verb, standard: null);
        verb.SetAction((parsed, cancellation) => watching.TryRead(parsed, host, out var duration, out var trace)
            ? RunAsync(host, parsed.GetValue(file)!, duration, trace, cancellation)
            : Task.FromResult(DiagExit.Usage));
        return verb;
    }

    private static async Task<int> RunAsync(DiagHost host, string file, TimeSpan? duration, TraceMode trace, CancellationToken cancellation)
    {
        using var watch = host.Watch(trace);
        DiagText.WriteProbes(host.Error, watch.Probes);
        if (!WatchRun.CanMeasure(host, watch))
        {
            return DiagExit.CannotMeasure;
        }

        var header = new RecordingHeader(host.Name, host.Version, KernelName.Text(), host.Time.GetUtcNow(), watch.Probes);
        using var writer = RecordingWriter.TryCreate(host.FullPath(file), header, out var problem);
        if (writer is null)
        {
            host.Error.WriteLine($"{file} cannot be written: {problem}.");
            return DiagExit.Failure;
        }

        var samples = 0L;
        watch.OnReading = reading =>
        {
            writer.Write(reading);
            samples += reading.Sockets.Count;
        };
        host.Out.WriteLine($"READY recording={file}");
        await WatchAsync(watch, writer, duration, cancellation);
        if (writer.Problem is { } broken)
        {
            host.Error.WriteLine($"{file} could not be written any more: {broken}. What is in it can be read.");
            return DiagExit.Failure;
        }

        var perSample = samples == 0 ? 0 : (double)writer.Bytes / samples;
        host.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{file}: {DiagText.Count(writer.Readings, "reading")}, {DiagText.Count(samples, "sample")}, {Quantity.Of(writer.Bytes, Unit.Bytes)} ({perSample:0.#} bytes a sample). Read it with: {host.Name} explain {file}"));
        DiagText.WriteCost(host.Out, watch);
        return DiagExit.Success;
    }

    private static async Task WatchAsync(SocketWatch watch, RecordingWriter writer, TimeSpan? duration, CancellationToken cancellation)
    {
        var owners = new OwnerBook(watch);
        using var stop = new StopSignal(cancellation);
        try
        {
            while (writer.Problem is null && (duration is not { } end || watch.Elapsed < end))
            {
                await watch.StepAsync(stop.Token);
                WriteNames(watch, writer, owners);
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends the recording, cleanly.
        }
    }

    private static void WriteNames(SocketWatch watch, RecordingWriter writer, OwnerBook owners)
    {
        var found = owners.Learn(watch.Analyser.Sockets.Where(s => watch.Analyser.VerdictsOf(s.Current.Key).Count > 0));
        writer.Write([.. found.Select(t => new ConnectionName(t.Current.Key, owners.Of(t), Label: null))]);
    }
}
