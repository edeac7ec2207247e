using System.Text;
using Swarm.Core;
using Swarm.Engine.Receipts;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>A <see cref="ProgressFacts"/> as one line of text: for a terminal with a bar, else in words alone.</summary>
internal static class ProgressText
{
    private const int BarCells = 20;
    private const string Green = "\x1b[32m";
    private const string Plain = "\x1b[0m";

    /// <summary><c>film.mp4 380 MiB of 612 MiB (62 %), 14.2 MiB/s, 16 s left · 4 peers 78 % · origin 22 % · verified 78 %</c>.</summary>
    public static string Line(ProgressFacts facts)
    {
        var text = new StringBuilder(ReceiptLine.Printable(facts.Name)).Append(' ');
        Amount(text, facts);
        Sources(text, facts);
        return text.ToString();
    }

    /// <summary>The same with a bar, no wider than the terminal.</summary>
    public static string Bar(ProgressFacts facts, int columns, bool colour)
    {
        var name = ReceiptLine.Printable(facts.Name);
        var text = new StringBuilder(name.Length > 24 ? name[..23] + "…" : name).Append(' ');
        var full = facts.TotalBytes is > 0 and var total ? (int)(Math.Min(facts.Bytes, total) * BarCells / total) : 0;
        var at = text.Length + 1;
        text.Append('[').Append('#', full).Append('-', BarCells - full).Append("] ");
        Amount(text, facts);
        Sources(text, facts);
        if (text.Length > columns - 1)
        {
            text.Length = Math.Max(0, columns - 1);
        }

        // Colour comes last: it must not count as width, and never says anything the text does not.
        if (colour && full > 0 && text.Length > at + full)
        {
            text.Insert(at + full, Plain).Insert(at, Green);
        }

        return text.ToString();
    }

    /// <summary>Before anything is known of a magnet but its name: <c>film.mp4: looking for peers (DHT: 142 nodes)</c>.</summary>
    public static string Seeking(string name, DhtView? dht) => ReceiptLine.Printable(name) + ": looking for peers" + (dht switch
    {
        null => " (the DHT is switched off)",
        { Nodes: 0, Trouble: { } trouble } => $" (DHT: {ReceiptLine.Printable(trouble)})",
        { Nodes: 1 } => " (DHT: 1 node)",
        _ => $" (DHT: {dht.Nodes} nodes)",
    });

    /// <summary>A line of the terminal.</summary>
    public static string Fit(string line, int columns) => line.Length < columns ? line : line[..Math.Max(0, columns - 1)];

    private static void Amount(StringBuilder text, ProgressFacts facts)
    {
        text.Append(PlainUnits.Size(facts.Bytes));
        if (facts.TotalBytes is { } total)
        {
            text.Append(" of ").Append(PlainUnits.Size(total)).Append(" (").Append(PlainUnits.Share(facts.Bytes, total)).Append(')');
        }

        text.Append(", ").Append(PlainUnits.Rate(facts.BytesPerSecond));
        if (facts.LeftMs is { } left)
        {
            text.Append(", ").Append(PlainUnits.Duration(left)).Append(" left");
        }
    }

    private static void Sources(StringBuilder text, ProgressFacts facts)
    {
        if (facts.Waiting is { } why)
        {
            text.Append(" · waiting: ").Append(why);
            return;
        }

        var all = facts.BySource.Total;
        text.Append(" · ").Append(facts.Peers == 1 ? "1 peer" : $"{facts.Peers} peers");
        foreach (var kind in Enum.GetValues<SourceKind>().Where(k => facts.BySource.Of(k) > 0).OrderByDescending(facts.BySource.Of))
        {
            text.Append(kind == SourceKind.Peer ? " " : $" · {kind.Label()} ").Append(PlainUnits.Share(facts.BySource.Of(kind), all));
        }

        if (all > 0)
        {
            text.Append(" · verified ").Append(PlainUnits.Share(facts.VerifiedBytes, all));
        }
    }
}
