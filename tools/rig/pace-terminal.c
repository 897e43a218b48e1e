/*
 * A terminal end of PACE and secure messaging made of libeac, which shares no code with this project: an independent
 * second end for the simulated chip. APDUs go out as hex lines on stdout and answers come in as hex lines on stdin.
 *
 *   pace-terminal 3DES|AES-128|AES-192|AES-256 PARAMETER-ID can|mrz PASSWORD
 *
 * After PACE it reads EF.CardAccess by short identifier under secure messaging and prints "= " and its first bytes.
 * Exit: 0 all went well, 2 the chip refused, 3 the token or a checksum of the chip is wrong, 1 anything else.
 *
 *   cc -o pace-terminal pace-terminal.c -leac -lcrypto
 */
#include <eac/eac.h>
#include <eac/objects.h>
#include <eac/pace.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	unsigned char at[2048];
	size_t n;
};

static void stop(int status, const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(status);
}

static void add(struct bytes *to, const void *from, size_t n)
{
	if (to->n + n > sizeof to->at)
		stop(1, "too long");
	memcpy(to->at + to->n, from, n);
	to->n += n;
}

static void add_object(struct bytes *to, unsigned char tag, const void *value, size_t n)
{
	unsigned char head[3] = { tag, n < 0x80 ? (unsigned char)n : 0x81, (unsigned char)n };

	add(to, head, n < 0x80 ? 2 : 3);
	add(to, value, n);
}

/* The value of the object that starts at `at`, whose tag must be this one; `next` is where it ends. */
static const unsigned char *object(const unsigned char *at, const unsigned char *end, unsigned char tag, size_t *n,
				   const unsigned char **next)
{
	if (at + 2 > end || at[0] != tag)
		stop(1, "another object stands there");
	*n = at[1];
	at += 2;
	if (*n == 0x81)
		*n = *at++;
	if (at + *n > end)
		stop(1, "an object is cut");
	*next = at + *n;
	return at;
}

static struct bytes transmit(const struct bytes *command)
{
	static char line[8192];
	struct bytes answer = { .n = 0 };

	for (size_t i = 0; i < command->n; i++)
		printf("%02X", command->at[i]);
	printf("\n");
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		stop(1, "no answer");
	for (char *digit = line; digit[0] >= '0' && digit[1] >= '0'; digit += 2) {
		unsigned value;

		sscanf(digit, "%2x", &value);
		answer.at[answer.n++] = (unsigned char)value;
	}
	return answer;
}

static void require_ok(const struct bytes *answer, const char *step)
{
	if (answer->n < 2 || answer->at[answer->n - 2] != 0x90 || answer->at[answer->n - 1] != 0x00)
		stop(2, step);
}

/* One GENERAL AUTHENTICATE: `value` in this tag inside DO 7C; gives the one object of the answer. */
static BUF_MEM *authenticate(int last, unsigned char tag, const BUF_MEM *value, unsigned char answer_tag, const char *step)
{
	struct bytes inside = { .n = 0 }, data = { .n = 0 }, command = { .n = 0 };
	unsigned char header[5] = { last ? 0x00 : 0x10, 0x86, 0, 0, 0 };
	const unsigned char *at, *next;
	size_t n;

	if (value)
		add_object(&inside, tag, value->data, value->length);
	add_object(&data, 0x7c, inside.at, inside.n);
	header[4] = (unsigned char)data.n;
	add(&command, header, 5);
	add(&command, data.at, data.n);
	add(&command, "\0", 1);
	struct bytes answer = transmit(&command);
	require_ok(&answer, step);
	at = object(answer.at, answer.at + answer.n - 2, 0x7c, &n, &next);
	at = object(at, next, answer_tag, &n, &next);
	BUF_MEM *result = BUF_MEM_new();
	BUF_MEM_grow(result, n);
	memcpy(result->data, at, n);
	return result;
}

static BUF_MEM *buffer(const struct bytes *from)
{
	BUF_MEM *result = BUF_MEM_new();

	BUF_MEM_grow(result, from->n);
	memcpy(result->data, from->at, from->n);
	return result;
}

static void pad(struct bytes *data, size_t block)
{
	add(data, "\x80", 1);
	while (data->n % block)
		add(data, "\0", 1);
}

static void read_under_secure_messaging(EAC_CTX *eac, size_t block)
{
	const unsigned char header[4] = { 0x0c, 0xb0, 0x9c, 0x00 }, le[3] = { 0x97, 0x01, 0x10 };
	struct bytes covered = { .n = 0 }, command = { .n = 0 };
	unsigned char lc = 3 + 10;

	EAC_increment_ssc(eac);
	add(&covered, header, 4);
	pad(&covered, block);
	add(&covered, le, 3);
	pad(&covered, block);
	BUF_MEM *mac = EAC_authenticate(eac, buffer(&covered));
	if (!mac)
		stop(1, "no checksum");
	add(&command, header, 4);
	add(&command, &lc, 1);
	add(&command, le, 3);
	add_object(&command, 0x8e, mac->data, 8);
	add(&command, "\0", 1);
	struct bytes answer = transmit(&command);
	require_ok(&answer, "READ BINARY");

	const unsigned char *end = answer.at + answer.n - 2, *next, *after;
	size_t n, ignored;
	const unsigned char *cryptogram = object(answer.at, end, 0x87, &n, &next);
	object(next, end, 0x99, &ignored, &after);
	const unsigned char *checksum = object(after, end, 0x8e, &ignored, &next);
	EAC_increment_ssc(eac);
	covered.n = 0;
	add(&covered, answer.at, after - answer.at);
	pad(&covered, block);
	BUF_MEM *given = BUF_MEM_new();
	BUF_MEM_grow(given, 8);
	memcpy(given->data, checksum, 8);
	if (EAC_verify_authentication(eac, buffer(&covered), given) != 1)
		stop(3, "the checksum of the chip is wrong");
	struct bytes blocks = { .n = 0 };
	add(&blocks, cryptogram + 1, n - 1);
	BUF_MEM *plain = EAC_decrypt(eac, buffer(&blocks));
	if (!plain)
		stop(1, "not deciphered");
	printf("= ");
	for (size_t i = 0; i < 16; i++)
		printf("%02X", (unsigned char)plain->data[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static const char *names[] = { "3DES", "AES-128", "AES-192", "AES-256" };
	int cipher = 0;

	if (argc != 5)
		stop(1, "usage: pace-terminal CIPHER PARAMETER-ID can|mrz PASSWORD");
	while (cipher < 4 && strcmp(argv[1], names[cipher]))
		cipher++;
	EAC_init();
	const int protocols[] = { NID_id_PACE_ECDH_GM_3DES_CBC_CBC, NID_id_PACE_ECDH_GM_AES_CBC_CMAC_128,
				  NID_id_PACE_ECDH_GM_AES_CBC_CMAC_192, NID_id_PACE_ECDH_GM_AES_CBC_CMAC_256 };
	int parameter = atoi(argv[2]), is_can = !strcmp(argv[3], "can");
	EAC_CTX *eac = EAC_CTX_new();
	if (cipher == 4 || !EAC_CTX_init_pace(eac, protocols[cipher], parameter))
		stop(1, "libeac does not know this variant");
	eac->tr_version = EAC_TR_VERSION_2_02;
	PACE_SEC *secret = PACE_SEC_new(argv[4], strlen(argv[4]), is_can ? PACE_CAN : PACE_MRZ);
	if (!secret)
		stop(1, "libeac does not take this password");

	struct bytes set = { .n = 0 }, data = { .n = 0 };
	const ASN1_OBJECT *oid = OBJ_nid2obj(protocols[cipher]);
	unsigned char reference = is_can ? 2 : 1, curve = (unsigned char)parameter;
	add_object(&data, 0x80, OBJ_get0_data(oid), OBJ_length(oid));
	add_object(&data, 0x83, &reference, 1);
	add_object(&data, 0x84, &curve, 1);
	unsigned char header[5] = { 0x00, 0x22, 0xc1, 0xa4, (unsigned char)data.n };
	add(&set, header, 5);
	add(&set, data.at, data.n);
	struct bytes answer = transmit(&set);
	require_ok(&answer, "MSE:Set AT");

	BUF_MEM *nonce = authenticate(0, 0, NULL, 0x80, "nonce");
	if (!PACE_STEP2_dec_nonce(eac, secret, nonce))
		stop(1, "nonce not deciphered");
	BUF_MEM *mapping = authenticate(0, 0x81, PACE_STEP3A_generate_mapping_data(eac), 0x82, "mapping");
	if (!PACE_STEP3A_map_generator(eac, mapping))
		stop(1, "not mapped");
	BUF_MEM *chip = authenticate(0, 0x83, PACE_STEP3B_generate_ephemeral_key(eac), 0x84, "key agreement");
	if (!PACE_STEP3B_compute_shared_secret(eac, chip) || !PACE_STEP3C_derive_keys(eac))
		stop(1, "no keys");
	BUF_MEM *token = PACE_STEP3D_compute_authentication_token(eac, chip);
	BUF_MEM *proof = authenticate(1, 0x85, token, 0x86, "mutual authentication");
	if (PACE_STEP3D_verify_authentication_token(eac, proof) != 1)
		stop(3, "the token of the chip is wrong");
	if (!EAC_CTX_set_encryption_ctx(eac, EAC_ID_PACE))
		stop(1, "no secure messaging");
	read_under_secure_messaging(eac, cipher == 0 ? 8 : 16);
	return 0;
}
