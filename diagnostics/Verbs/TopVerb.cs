using System.CommandLine;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>top [FILTER] [--sort COLUMN] [--once] [--json]</c>: the connections that hold most receive memory, now and again.</summary>
internal static class TopVerb
{
    private const int PlainRows = 20;

    /// <summary>Lines of the screen that are no rows: cost, tiers, head, keys.</summary>
    private const int OtherLines = 5;

    /// <summary>Long enough to see who has not read for a second.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    /// <summary>A key is answered within a blink.</summary>
    private static readonly TimeSpan KeyPeriod = TimeSpan.FromMilliseconds(200);

    private const int WarmShows = 3;

    /// <summary>Of what the watch may cost, showing it takes this much more at most: with many connections the picture changes less often.</summary>
    private const double ShownPerBudget = 0.5;

    public static Command Build(DiagHost host)
    {
        var filter = FilterArgument.Create("FILTER", "Which connections, in the manner of ss: 'sport = :443 and rmem > 1M', 'verdict = any', 'dst 10.0.0.0/8'.");
        var sort = new Option<string>("--sort") { Description = $"The column that orders: {string.Join(", ", Subjects.Orders)}.", DefaultValueFactory = _ => Subjects.Orders[0], HelpName = "COLUMN" };
        var once = new Option<bool>("--once") { Description = "Look for one and a half seconds, print, end." };
        var json = new Option<bool>("--json") { Description = "Print every matching connection as JSON; memory is in bytes. Looks once." };
        var verb = new Command("top", "Show the connections that hold most receive memory; live, until q or Ctrl-C. Read-only.") { filter, sort, once, json };
        var watching = new WatchOptions(verb, standard: null);
        verb.SetAction(async (parsed, cancellation) =>
        {
            if (!watching.TryRead(parsed, host, out var duration, out var trace) || FilterArgument.TryRead(host, parsed.GetValue(filter)) is not { } wanted)
            {
                return DiagExit.Usage;
            }

            var order = parsed.GetValue(sort)!;
            if (!Subjects.Orders.Contains(order))
            {
                host.Error.WriteLine($"--sort {order} is none of {string.Join(", ", Subjects.Orders)}.");
                return DiagExit.Usage;
            }

            using var watch = host.Watch(trace);
            if (!WatchRun.CanMeasure(host, watch))
            {
                return DiagExit.CannotMeasure;
            }

            return parsed.GetValue(once) || parsed.GetValue(json)
                ? await OnceAsync(host, watch, wanted, order, duration ?? Look, parsed.GetValue(json), cancellation)
                : await LiveAsync(host, watch, wanted, order, duration, cancellation);
        });
        return verb;
    }

    private static async Task<int> OnceAsync(
        DiagHost host, SocketWatch watch, SocketFilter filter, string order, TimeSpan duration, bool json, CancellationToken cancellation)
    {
        await watch.RunAsync(duration, cancellation);
        if (!WatchRun.CanMeasure(host, watch))
        {
            return DiagExit.CannotMeasure;
        }

        var subjects = Subjects.WithOwners(watch, filter, order);
        if (json)
        {
            host.Out.WriteLine(DiagJson.Top(watch, subjects, watch.FindingsWithOwners()));
            return DiagExit.Success;
        }

        DiagText.WriteProbes(host.Error, watch.Probes);
        Write(host, subjects.Take(PlainRows));
        DiagText.WriteCost(host.Out, watch);
        return DiagExit.Success;
    }

    private static async Task<int> LiveAsync(DiagHost host, SocketWatch watch, SocketFilter filter, string order, TimeSpan? duration, CancellationToken cancellation)
    {
        using var stop = new StopSignal(cancellation);
        var owners = new OwnerBook(watch);
        TimeSpan? shown = null;
        var refresh = Refresh;
        var shows = 0;
        (int, int)? size = null;
        Task? due = null;
        try
        {
            while ((duration is not { } end || watch.Elapsed < end) && !host.IsOutputGone())
            {
                due ??= watch.WaitAsync(stop.Token);
                // Where somebody sits at a terminal, it looks in between what is asked.
                if (host.Terminal is null || await Task.WhenAny(due, Task.Delay(KeyPeriod, host.Time, stop.Token)) == due)
                {
                    await due;
                    stop.Token.ThrowIfCancellationRequested();
                    watch.Step();
                    due = null;
                }

                if (host.Terminal?.Key() is { } key)
                {
                    if (key is 'q' or 'Q')
                    {
                        break;
                    }

                    order = OrderOf(key, order);
                    shown = null;
                }

                if (host.Terminal is { } terminal && size != (size = (terminal.Width, terminal.Height)))
                {
                    shown = null;
                }

                if (shown is not { } last || watch.Elapsed - last >= refresh)
                {
                    shown = watch.Elapsed;
                    var before = ThreadClock.Now();
                    Show(host, watch, owners, filter, order);
                    var cost = ThreadClock.Now() - before;
                    watch.Charge(cost);
                    // The first ones compile code: by their cost a person would look at an empty picture for ten seconds.
                    refresh = ++shows > WarmShows && cost / (watch.BudgetShare * ShownPerBudget) is var affordable && affordable > Refresh ? affordable : Refresh;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how one leaves.
        }

        return watch.CannotMeasure is null ? DiagExit.Success : DiagExit.CannotMeasure;
    }

    private static void Show(DiagHost host, SocketWatch watch, OwnerBook owners, SocketFilter filter, string order)
    {
        // Only who is large enough to be shown is worth the search; a filter may ask for the process of anyone.
        owners.Learn(filter == SocketFilter.All ? watch.Analyser.Sockets.OrderByDescending(s => s.Current.RmemAllocBytes).Take(PlainRows) : watch.Analyser.Sockets);
        var subjects = Subjects.Of(watch.Analyser, filter, order, owners.Of);
        var tiers = string.Join(", ", watch.Probes.Select(p => p.AbsentBecause is null ? p.Name : $"{p.Name} absent"));
        if (host.Terminal is { } terminal)
        {
            // Home, then clear to the end of each line: a screen that is cleared whole flickers.
            const string Home = "\e[H", ClearLine = "\e[K", ClearBelow = "\e[J";
            var lines = new List<string>
            {
                $"{DiagText.Count(watch.Analyser.SocketCount, "connection")}, {subjects.Count} shown.  {DiagText.Cost(watch)}",
                tiers,
                $"by {order}{(filter.Text.Length > 0 ? $", where {filter.Text}" : "")}   keys: q quit, {string.Join(", ", Subjects.Orders.Select((o, i) => $"{i + 1} {o}"))}",
            };
            lines.AddRange(ConnectionTable.Lines([.. subjects.Take(Math.Max(1, terminal.Height - OtherLines))], terminal.Width));
            host.Out.Write(Home + string.Concat(lines.Select(l => (l.Length > terminal.Width ? l[..terminal.Width] : l) + ClearLine + "\n")) + ClearBelow);
            host.Out.Flush();
            return;
        }

        host.Out.WriteLine($"{Quantity.Of(watch.Elapsed.TotalMicroseconds, Unit.Micros)}: {DiagText.Count(watch.Analyser.SocketCount, "connection")}, {subjects.Count} shown by {order}. {DiagText.Cost(watch)}");
        Write(host, subjects.Take(PlainRows));
    }

    private static void Write(DiagHost host, IEnumerable<FilterSubject> subjects)
    {
        foreach (var line in ConnectionTable.Lines([.. subjects], host.Terminal?.Width ?? int.MaxValue))
        {
            host.Out.WriteLine(line);
        }
    }

    private static string OrderOf(char key, string order) =>
        key - '1' is >= 0 and var index && index < Subjects.Orders.Count ? Subjects.Orders[index] : order;
}
