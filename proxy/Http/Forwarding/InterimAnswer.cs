using System.Text;

namespace Swarm.Http;

/// <summary>A 1xx answer as it goes on (RFC 9110 §15.2, RFC 9112 §4): its status line and fields, without content.</summary>
public static class InterimAnswer
{
    /// <summary>100 answers an Expect that is not the origin's business here, and 101 is no interim one: it changes the protocol.</summary>
    public static bool IsRelayed(int status) => status is > 101 and < 200;

    /// <param name="fields">End-to-end ones, signed with Via; those whose value cannot stand in a field line are left out.</param>
    public static byte[] Write(int status, HttpFields fields)
    {
        var text = new StringBuilder($"HTTP/1.1 {status} {Reason(status)}\r\n");
        foreach (var (name, value) in fields)
        {
            if (Syntax.IsToken(name) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && HttpField.IsText(value))
            {
                text.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    private static string Reason(int status) => status switch
    {
        102 => "Processing",
        103 => "Early Hints",
        _ => "",
    };
}
