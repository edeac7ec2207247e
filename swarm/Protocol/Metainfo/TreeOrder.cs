using System.Text;

namespace Swarm.Protocol;

/// <summary>The order of files in a v2 tree: component by component, as raw UTF-8 bytes, so that folder <c>a</c> stands before file <c>a.bin</c>.</summary>
public sealed class TreeOrder : IComparer<string>
{
    public static readonly TreeOrder Instance = new();

    private TreeOrder()
    {
    }

    public int Compare(string? x, string? y)
    {
        var a = (x ?? "").Split('/');
        var b = (y ?? "").Split('/');
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            var order = Encoding.UTF8.GetBytes(a[i]).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b[i]));
            if (order != 0)
            {
                return order;
            }
        }

        return a.Length.CompareTo(b.Length);
    }
}
