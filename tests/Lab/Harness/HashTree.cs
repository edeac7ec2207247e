using System.Security.Cryptography;

namespace Swarm.Lab.Harness;

/// <summary>
/// The whole BEP 52 tree of a content, layer by layer, computed apart from the product's own: what the lab's peers serve
/// must not inherit the product's mistakes.
/// </summary>
public sealed class HashTree
{
    private const int LeafBytes = 16 * 1024;
    private const int HashBytes = 32;

    private readonly List<byte[][]> _layers = [];

    public HashTree(ReadOnlySpan<byte> content)
    {
        var blocks = (content.Length + LeafBytes - 1) / LeafBytes;
        var width = 1;
        while (width < blocks)
        {
            width *= 2;
        }

        var layer = new byte[width][];
        for (var i = 0; i < width; i++)
        {
            // Past the end of the file a leaf is zero as a hash, not the hash of zeros.
            layer[i] = i < blocks ? SHA256.HashData(content[(i * LeafBytes)..Math.Min(content.Length, (i + 1) * LeafBytes)]) : new byte[HashBytes];
        }

        _layers.Add(layer);
        while (layer.Length > 1)
        {
            var parents = new byte[layer.Length / 2][];
            for (var i = 0; i < parents.Length; i++)
            {
                parents[i] = SHA256.HashData([.. layer[2 * i], .. layer[(2 * i) + 1]]);
            }

            _layers.Add(layer = parents);
        }
    }

    public byte[] Root => _layers[^1][0];

    /// <summary>
    /// The hashes a request asks for (BEP 52, message 21): a run of one layer, then the uncles above it that cannot be
    /// computed from the run. Null where the request makes no sense.
    /// </summary>
    public byte[]? Answer(uint baseLayer, uint index, uint length, uint proofLayers)
    {
        if (baseLayer >= _layers.Count || length == 0 || (length & (length - 1)) != 0 || index % length != 0
            || index + (long)length > _layers[(int)baseLayer].Length || baseLayer + proofLayers >= _layers.Count)
        {
            return null;
        }

        using var answer = new MemoryStream();
        foreach (var hash in _layers[(int)baseLayer].AsSpan((int)index, (int)length))
        {
            answer.Write(hash);
        }

        var level = (int)baseLayer;
        var node = index;
        for (var layer = 0; layer < proofLayers; layer++)
        {
            node >>= 1;
            level++;
            if (1u << (layer + 1) >= length)
            {
                answer.Write(_layers[level][(int)(node ^ 1)]);
            }
        }

        return answer.ToArray();
    }
}
