using System.Text;

namespace Swarm.Http;

/// <summary>A 1xx answer as it goes on (RFC 9110 §15.2, RFC 9112 §4): its status line and end-to-end fields, without content.</summary>
public static class InterimAnswer
{
    /// <summary>100 answers an Expect that is not the origin's business here, and 101 is no interim one: it changes the protocol.</summary>
    public static bool IsRelayed(int status) => status is > 101 and < 200;

    /// <param name="fields">Signed with Via; fields whose value cannot stand in a field line are left out.</param>
    public static byte[] Write(int status, HttpFields fields)
    {
        var text = new StringBuilder($"HTTP/1.1 {status} {Reason(status)}\r\n");
        foreach (var (name, value) in HopByHop.Remove(fields))
        {
            if (Syntax.IsToken(name) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && IsValue(value))
            {
                text.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    // RFC 9110 §5.5: visible octets, spaces and tabs.
    private static bool IsValue(string value)
    {
        foreach (var c in value)
        {
            if ((c < ' ' && c != '\t') || c is '\x7f' or > '\xff')
            {
                return false;
            }
        }

        return true;
    }

    private static string Reason(int status) => status switch
    {
        102 => "Processing",
        103 => "Early Hints",
        _ => "",
    };
}
