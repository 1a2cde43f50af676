/* addition?x=3&y=6 as a CGI program, linked statically: the cheapest that CGI can be. */

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    const char* query = getenv("QUERY_STRING");
    int x, y;
    if (query == NULL || sscanf(query, "x=%d&y=%d", &x, &y) != 2) {
        puts("Status: 400\r\n\r");
        return 0;
    }
    printf("Content-Type: application/json\r\n\r\n%d", x + y);
    return 0;
}
