using System.Text;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>Reads HTTP heads byte by byte, so that nothing of what follows is taken.</summary>
internal static class RawText
{
    public static async Task<string?> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) == 1)
        {
            head.Append((char)one[0]);
            if (one[0] == '\n' && head.Length >= 4 && head.ToString(head.Length - 4, 4) == "\r\n\r\n")
            {
                return head.ToString();
            }
        }

        return head.Length == 0 ? null : throw new IOException($"The head broke off after: {head}");
    }
}
