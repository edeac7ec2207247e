using System.Text;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>Metainfo: whatever is accepted has safe paths, a consistent layout and piece hashes for every piece.</summary>
public sealed class MetainfoTarget : IFuzzTarget
{
    public string Name => "metainfo";

    public IReadOnlyList<byte[]> Corpus { get; } = GoldenCorpus.Files("metainfo", "*.torrent");

    public IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[]
        {
            "4:attr1:p", "4:attr1:l", "12:symlink pathl1:ae", "6:lengthi0e", "6:lengthi16384e", "4:pathl2:..e", "4:pathl1:a1:be", "0:d6:lengthi1ee",
            "2:..", "1:.", "1:/", "1:\\", "1:a", "0:", "d", "e", "l", "9:file treede", "12:meta versioni2e", "12:piece lengthi16384e", "6:pieces20:aaaaaaaaaaaaaaaaaaaa",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public void Run(ReadOnlyMemory<byte> input)
    {
        if (Metainfo.TryParse(input, out var metainfo, out var error))
        {
            Check(metainfo, complete: true);
            FuzzFailure.Unless(Metainfo.TryParseInfo(metainfo.InfoBytes, out var info, out _), "the info dictionary of a metainfo is read alone too");
            FuzzFailure.Unless(info!.InfoHash == metainfo.InfoHash, "alone it has the same infohash");
            Check(info, complete: false);
        }
        else
        {
            FuzzFailure.Unless(error.Where.Length > 0 && error.Problem.Length > 0 && error.Advice.Length > 0, "an error says where, what and what to do");
        }

        if (Metainfo.TryParseInfo(input, out var bare, out _))
        {
            Check(bare, complete: false);
        }
    }

    private static void Check(Metainfo metainfo, bool complete)
    {
        FuzzFailure.Unless(metainfo.HasV1 || metainfo.HasV2Trees, "a torrent has v1 or v2");
        FuzzFailure.Unless(Safe(metainfo.Name) && !metainfo.Name.Contains('/'), "the name is one safe component");
        foreach (var file in metainfo.Files)
        {
            FuzzFailure.Unless(file.Path.Split('/').All(Safe), "paths are safe");
            FuzzFailure.Unless(file.Length >= 0 && file.Range.End <= Math.Max((long)metainfo.PieceCount * metainfo.PieceLength, file.Range.Offset), "files lie in the piece space");
        }

        FuzzFailure.Unless(metainfo.Symlinks.All(l => l.Path.Split('/').All(Safe) && l.Target.Split('/').All(Safe)), "symlinks stay inside");
        for (var file = 0; complete && metainfo.HasV2Trees && file < metainfo.Layout.Files.Length; file++)
        {
            FuzzFailure.Unless(metainfo.Layout.Files[file].Length == 0 || metainfo.HasPieceHashes(file), "a whole v2 metainfo has every piece hash");
            foreach (var plan in HashRequestPlan.ForLeaves(metainfo, file, new BlockRun(0, 600)))
            {
                FuzzFailure.Unless(plan.Index % plan.Length == 0 && plan.Length is >= 2 and <= 512, "a hash request is aligned and bounded");
                FuzzFailure.Unless(!LeafRun.TryVerify(metainfo, file, 0, plan.Index, plan.Length, new Hash256[plan.Length], new Hash256[plan.UncleCount]), "zero leaves prove nothing");
            }
        }

        if (metainfo.PieceCount > 0)
        {
            var last = new PieceIndex(metainfo.PieceCount - 1);
            FuzzFailure.Unless(!metainfo.HasV1 || metainfo.V1PieceHash(last).Length == 20, "every v1 piece has a hash");
        }
    }

    private static bool Safe(string component) =>
        component.Length > 0 && component is not "." and not ".." && component.IndexOfAny(['/', '\\', '\0', '\n', '\x1b']) < 0;
}
